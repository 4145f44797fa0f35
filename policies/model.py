"""The access matrix as types: applications, their workloads, people, and the platform.

Whatever can be written here is meant: names that Vault would change, wildcard identities, paths of
somebody else, and grants that contradict one another cannot be built. It does not know Vault's
syntax (`hcl`), its paths (`paths`) or what becomes of a grant (`compile`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from policies.application import Application
from policies.control_plane import NO_MACHINES, Platform
from policies.environments import Environment, EnvironmentSpec
from policies.grants import (
    Cloud,
    Database,
    DatabaseStatic,
    OfPlatform,
    Pki,
    RenewSelf,
)
from policies.identities import OidcGroup, PlatformAccount, ServiceAccount
from policies.lifetime import Lifetime
from policies.paths import refuse_twice
from policies.rotation_rules import refuse_rotations
from policies.workload import PEOPLE, PLATFORM, Workload

__all__ = [
    "PEOPLE",
    "PLATFORM",
    "AccessMatrix",
    "Application",
    "Lifetimes",
    "Platform",
    "Workload",
]


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long what Vault hands out lives, unless a workload says otherwise."""

    token: Lifetime
    database: Lifetime
    cloud: Lifetime
    certificate: Lifetime

    def __post_init__(self) -> None:
        for name, lifetime in (("database", self.database), ("cloud", self.cloud)):
            if lifetime.maximum > self.token.maximum:
                raise ValueError(
                    f"lifetimes: {name} credentials up to {lifetime.maximum} cannot outlive the "
                    f"token that asked for them, at most {self.token.maximum}: Vault revokes a "
                    "token's leases with it; lower the one or raise the other"
                )


@dataclass(frozen=True)
class AccessMatrix:
    """Everyone and everything. The one thing that a security reviewer reads."""

    environments: tuple[EnvironmentSpec, ...]
    lifetimes: Lifetimes
    applications: tuple[Application, ...]
    people: tuple[Workload, ...] = ()
    platform: Platform = NO_MACHINES

    def __post_init__(self) -> None:
        refuse_twice("environment", (spec.environment.value for spec in self.environments))
        refuse_twice("application", (application.name for application in self.applications))
        refuse_twice("role", (role for _, _, role in self.subjects()))
        refuse_twice(
            "ACL policy",
            (f"{self.owner_of(app, who)}-{who.name}" for app, who, _ in self.subjects()),
        )
        refuse_twice(
            "cloud role",
            (role.name for application in self.applications for role in application.cloud_roles),
        )
        refuse_twice(
            "entry named",
            (
                entry.path.text.replace("/", "-")
                for application in self.applications
                for entry in application.entries
            ),
        )
        refuse_twice(
            "database",
            (app.database.name for app in self.applications if app.database is not None),
        )
        self._refuse_shared_identities()
        self._refuse_outlived_credentials()
        for person in self.people:
            if not isinstance(person.identity, OidcGroup):
                raise ValueError(  # noqa: TRY004 - a rule of the matrix, like its neighbours
                    f"people {person.name!r}: must be an OidcGroup; put a machine's workload "
                    "into its application"
                )
            for grant in person.grants:
                if isinstance(grant, Database | DatabaseStatic | Cloud | Pki):
                    raise ValueError(  # noqa: TRY004 - the same
                        f"people {person.name!r}, grant '{grant}': only an application has a "
                        "database, cloud roles and certificates; put a workload with an OidcGroup "
                        "into that application"
                    )
                if isinstance(grant, OfPlatform):
                    raise ValueError(  # noqa: TRY004 - the same
                        f"people {person.name!r}, grant '{grant}': only the platform's own "
                        "workloads may be granted it; move it to the matrix' `platform`"
                    )
        refuse_rotations(self.applications, self.platform)

    def _refuse_shared_identities(self) -> None:
        """One identity in two workloads could log in as either, and so have the rights of both."""
        identities = [workload.identity for _, workload, _ in self.subjects()]
        refuse_twice(
            "service account",
            (
                f"{who.namespace}/{who.name}"
                for who in identities
                if isinstance(who, ServiceAccount)
            ),
        )
        refuse_twice("OIDC group", (who.group for who in identities if isinstance(who, OidcGroup)))

    def _refuse_outlived_credentials(self) -> None:
        """Vault revokes what a token asked for with the token, in the middle of whoever uses it."""
        for application in self.applications:
            for workload in application.workloads:
                token = workload.token or self.lifetimes.token
                renewing = {
                    environment
                    for grant in workload.grants
                    if isinstance(grant, RenewSelf)
                    for environment in grant.environments
                }
                for grant in workload.grants:
                    match grant:
                        case Database():
                            kind, lifetime = "database", self.lifetimes.database
                        case Cloud():
                            kind, lifetime = "cloud", self.lifetimes.cloud
                        case _:
                            continue
                    reach = token.maximum if grant.environments <= renewing else token.default
                    if lifetime.default > reach:
                        raise ValueError(
                            f"application {application.name!r}, workload {workload.name!r}: its "
                            f"token ends after {reach}, and with it the {kind} credentials that "
                            f"should live {lifetime.default}; give it a longer token, or "
                            "RenewSelf()"
                        )

    def subjects(self) -> Iterator[tuple[Application | None, Workload, str]]:
        """Everyone who can log in, with the name of the auth role: (application, workload, role);
        people and the platform have no application.
        """
        for application in self.applications:
            for workload in application.workloads:
                yield application, workload, application.role_of(workload)
        for person in self.people:
            yield None, person, person.role or person.name
        for machine in self.platform.workloads:
            yield None, machine, machine.role or f"{PLATFORM}-{machine.name}"

    @staticmethod
    def owner_of(application: Application | None, workload: Workload) -> str:
        """The application's name, `platform` or `people`."""
        if application is not None:
            return application.name
        return PLATFORM if isinstance(workload.identity, PlatformAccount) else PEOPLE

    def spec(self, environment: Environment) -> EnvironmentSpec:
        for spec in self.environments:
            if spec.environment is environment:
                return spec
        raise ValueError(
            f"environment {environment.value!r}: the matrix has no such environment; add an "
            "EnvironmentSpec to `environments`"
        )
