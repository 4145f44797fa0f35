"""Matrix + environment -> Plan. Pure: the same matrix gives the same plan, whatever the order of
its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from policies import compile_database, iam
from policies.environments import Environment
from policies.grants import Cloud, Pki, PkiAccess
from policies.hcl import render
from policies.identities import AppRole, OidcGroup, ServiceAccount
from policies.model import AccessMatrix
from policies.ownership import owners_in
from policies.plan import (
    AclPolicy,
    AppRoleRole,
    AwsRole,
    AzureRole,
    GcpRole,
    KubernetesRole,
    KvSecret,
    OidcRole,
    PkiRole,
    Plan,
    Rotation,
    TokenSettings,
)
from policies.resources import AwsCloudRole, AzureCloudRole, CloudRole, GcpCloudRole
from policies.rotation import RotateKey
from policies.rotation_task import task
from policies.scheduled import Scheduled, scheduled
from policies.stanzas import cloud_role, stanzas_of
from policies.subject import Subject, subjects_in

HEADER = (
    "Compiled from the access matrix: change policies/matrix.py, then `python -m policies render`."
)


def compile_plan(matrix: AccessMatrix, environment: Environment) -> Plan:
    """Everything that Vault needs to know for one environment.

    Raises `ValueError` where the matrix has no such environment, naming it.
    """
    subjects = subjects_in(matrix, environment)
    rotations = [
        one
        for one in scheduled(matrix.applications, matrix.platform)
        if environment in one.environments
    ]
    cloud_roles = {role.name: role for role in _cloud_roles(subjects)}.values()
    return Plan(
        environment=environment,
        owners=_sorted(owners_in(subjects)),
        acl_policies=_sorted(_acl_policy(subject) for subject in subjects),
        kubernetes_roles=_sorted(_kubernetes_roles(subjects)),
        approle_roles=_sorted(_approle_roles(subjects)),
        oidc_roles=_sorted(_oidc_roles(subjects)),
        database_connections=_sorted(compile_database.connections(subjects)),
        database_roles=_sorted(compile_database.roles(subjects)),
        database_static_roles=_sorted(compile_database.static_roles(subjects)),
        aws_roles=_sorted(_aws_roles(cloud_roles, matrix, environment)),
        gcp_roles=_sorted(_gcp_roles(cloud_roles, matrix, environment)),
        azure_roles=_sorted(_azure_roles(cloud_roles, matrix, environment)),
        pki_roles=_sorted(_pki_roles(subjects)),
        kv_entries=_sorted(_kv_entries(matrix, environment, rotations)),
        rotations=_sorted(_rotations(rotations, subjects)),
    )


class _Named(Protocol):
    @property
    def name(self) -> str: ...


_N = TypeVar("_N", bound=_Named)


def _sorted(things: Iterable[_N]) -> tuple[_N, ...]:
    return tuple(sorted(things, key=lambda thing: thing.name))


def _acl_policy(subject: Subject) -> AclPolicy:
    stanzas = stanzas_of(subject)
    return AclPolicy(subject.acl_policy, stanzas, render(stanzas, header=HEADER))


def _token(subject: Subject, bound_cidrs: tuple[str, ...] = ()) -> TokenSettings:
    return TokenSettings(
        policies=(subject.acl_policy,),
        ttl_seconds=subject.token.default.seconds,
        max_ttl_seconds=subject.token.maximum.seconds,
        bound_cidrs=bound_cidrs,
    )


def audience_of(environment: Environment) -> str:
    """The audience that a service-account token must be made for. It differs by environment, so
    that a token meant for one is refused by another even in a cluster that they share.
    """
    return f"vault-{environment.value}"


def _kubernetes_roles(subjects: Iterable[Subject]) -> Iterator[KubernetesRole]:
    for subject in subjects:
        match subject.workload.identity:
            case ServiceAccount() as account:
                yield KubernetesRole(
                    name=subject.role,
                    service_account=account.name,
                    namespace=account.bound_namespace(subject.environment),
                    audience=audience_of(subject.environment),
                    token=_token(subject),
                )
            case _:
                pass


def _approle_roles(subjects: Iterable[Subject]) -> Iterator[AppRoleRole]:
    for subject in subjects:
        match subject.workload.identity:
            case AppRole() as identity:
                yield AppRoleRole(
                    name=subject.role,
                    secret_id_ttl_seconds=identity.secret_id_lifetime.seconds,
                    secret_id_uses=identity.secret_id_uses,
                    token=_token(subject, identity.bound_cidrs),
                )
            case _:
                pass


def _oidc_roles(subjects: Iterable[Subject]) -> Iterator[OidcRole]:
    for subject in subjects:
        match subject.workload.identity:
            case OidcGroup() as identity:
                yield OidcRole(
                    name=subject.role,
                    groups=(identity.bound_group(subject.environment),),
                    token=_token(subject),
                )
            case _:
                pass


def _cloud_roles(subjects: Iterable[Subject]) -> Iterator[CloudRole]:
    """The cloud roles that somebody may use: one that nobody is granted is not made."""
    for subject in subjects:
        for grant in subject.grants:
            if isinstance(grant, Cloud):
                yield cloud_role(subject, grant.role)


def _aws_roles(
    roles: Iterable[CloudRole], matrix: AccessMatrix, environment: Environment
) -> Iterator[AwsRole]:
    account, lifetime = matrix.spec(environment).aws, matrix.lifetimes.cloud
    for role in roles:
        if isinstance(role, AwsCloudRole):
            yield AwsRole(
                name=role.name,
                policy_document=iam.document(
                    role.allow, environment=environment.value, account=account
                ),
                default_ttl_seconds=lifetime.default.seconds,
                max_ttl_seconds=lifetime.maximum.seconds,
            )


def _gcp_roles(
    roles: Iterable[CloudRole], matrix: AccessMatrix, environment: Environment
) -> Iterator[GcpRole]:
    for role in roles:
        if isinstance(role, GcpCloudRole):
            yield GcpRole(
                name=role.name,
                service_account=role.service_account.format(environment=environment.value),
                scopes=role.scopes,
                ttl_seconds=matrix.lifetimes.cloud.default.seconds,
            )


def _azure_roles(
    roles: Iterable[CloudRole], matrix: AccessMatrix, environment: Environment
) -> Iterator[AzureRole]:
    lifetime = matrix.lifetimes.cloud
    for role in roles:
        if isinstance(role, AzureCloudRole):
            yield AzureRole(
                name=role.name,
                assignments=tuple(
                    (name, scope.format(environment=environment.value))
                    for name, scope in role.assignments
                ),
                default_ttl_seconds=lifetime.default.seconds,
                max_ttl_seconds=lifetime.maximum.seconds,
            )


def _kv_entries(
    matrix: AccessMatrix, environment: Environment, rotations: Iterable[Scheduled]
) -> Iterator[KvSecret]:
    keys = [one.rotation for one in rotations if isinstance(one.rotation, RotateKey)]
    for application in matrix.applications:
        for entry in application.entries:
            if environment in entry.environments:
                kept = (key for one in keys if one.path == entry.path for key in one.kept_keys)
                yield KvSecret(
                    entry.path.text, entry.keys, entry.generated_length, tuple(sorted(kept))
                )


def _rotations(rotations: Iterable[Scheduled], subjects: Iterable[Subject]) -> Iterator[Rotation]:
    by_workload = {id(subject.workload): subject for subject in subjects}
    for one in rotations:
        subject = by_workload[id(one.by)]
        account = one.by.identity
        assert isinstance(account, ServiceAccount)
        yield Rotation(
            name=one.name,
            role=subject.role,
            service_account=account.name,
            namespace=account.bound_namespace(subject.environment),
            audience=audience_of(subject.environment),
            schedule=str(one.rotation.schedule),
            interval_seconds=one.rotation.schedule.interval.seconds,
            task=task(one, subject.environment),
        )


def _pki_roles(subjects: Iterable[Subject]) -> Iterator[PkiRole]:
    for subject in subjects:
        lifetime = subject.matrix.lifetimes.certificate
        for grant in subject.grants:
            if isinstance(grant, Pki):
                administers = grant.access is PkiAccess.ADMIN
                yield PkiRole(
                    name=subject.pki_role,
                    allowed_domains=(subject.pki_domain,),
                    allow_subdomains=administers,
                    client=True,
                    server=administers,
                    default_ttl_seconds=lifetime.default.seconds,
                    max_ttl_seconds=lifetime.maximum.seconds,
                )
