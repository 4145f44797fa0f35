"""One workload in one environment, with every name that is made for it: here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from policies.environments import Environment, EnvironmentSpec
from policies.grants import Grant, Pki, PkiAccess
from policies.lifetime import Lifetime
from policies.model import PEOPLE, PLATFORM, AccessMatrix, Application, Workload
from policies.postgresql import DatabaseAccess

__all__ = ["PEOPLE", "PLATFORM", "Subject", "subjects_in"]

_LONGEST_COMMON_NAME = 64


@dataclass(frozen=True)
class Subject:
    matrix: AccessMatrix
    spec: EnvironmentSpec
    application: Application | None
    """None for people, and for the platform."""
    workload: Workload
    role: str
    """The auth role that it logs in with."""

    @property
    def environment(self) -> Environment:
        return self.spec.environment

    @property
    def grants(self) -> tuple[Grant, ...]:
        return self.workload.grants_in(self.environment)

    @property
    def token(self) -> Lifetime:
        return self.workload.token or self.matrix.lifetimes.token

    @property
    def owner(self) -> str:
        """The application's name, `platform` or `people`."""
        return self.matrix.owner_of(self.application, self.workload)

    @property
    def team(self) -> str:
        """Which team answers for it; empty for people."""
        if self.application:
            return self.application.owner
        return self.matrix.platform.owner if self.owner == PLATFORM else ""

    @property
    def label(self) -> str:
        """How comments and tables name it: `kubesentiment/api`, or `people/auditors`."""
        return f"{self.owner}/{self.workload.name}"

    @property
    def acl_policy(self) -> str:
        """The environment is part of the name: a token of one environment carries a name that
        means nothing in another.
        """
        return f"{self.label.replace('/', '-')}-{self.environment.value}"

    @property
    def pki_domain(self) -> str:
        """The domain that its certificates may name: its own host, or, for a PKI administrator,
        everything below its application.
        """
        application = self._application
        domain = f"{application.name}.{self.spec.domain}"
        administers = any(
            isinstance(grant, Pki) and grant.access is PkiAccess.ADMIN for grant in self.grants
        )
        name = domain if administers else f"{self.workload.name}.{domain}"
        if len(name) > _LONGEST_COMMON_NAME:
            raise ValueError(
                f"workload {self.label!r}: the certificate's name {name!r} is longer than X.509's "
                f"{_LONGEST_COMMON_NAME} characters; shorten the workload, the application or the "
                "environment's domain"
            )
        return name

    @property
    def pki_role(self) -> str:
        return f"{self._application.name}-{self.workload.name}"

    def database_role(self, access: DatabaseAccess) -> str:
        return f"{self._application.name}-{access.value}"

    def static_role(self, user: str) -> str:
        """The role of a user that stays, which is called as it is in PostgreSQL."""
        return f"{self._application.name}-{user}"

    @property
    def _application(self) -> Application:
        if self.application is None:
            raise ValueError(f"{self.label}: has no application")
        return self.application


def subjects_in(matrix: AccessMatrix, environment: Environment) -> tuple[Subject, ...]:
    """Everyone who has a grant in this environment.

    Raises `ValueError` where the matrix has no such environment, naming it.
    """
    spec = matrix.spec(environment)
    return tuple(
        Subject(matrix, spec, application, workload, role)
        for application, workload, role in matrix.subjects()
        if workload.exists_in(environment)
    )
