"""Grant -> ACL stanzas: what a cell of the matrix means in Vault's paths and capabilities."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Final

from policies import inspection, paths
from policies.grants import (
    Attest,
    Cloud,
    Control,
    Database,
    DatabaseStatic,
    Grant,
    IntermediateCa,
    IssueSecretIds,
    Kv,
    KvAccess,
    OfPlatform,
    Pki,
    PkiAccess,
    ReadSnapshots,
    RenewSelf,
    RootKey,
    RootPassword,
    SecretIds,
)
from policies.hcl import Capability, Stanza
from policies.identities import AppRole
from policies.paths import SecretPath
from policies.resources import AwsCloudRole, AzureCloudRole, CloudRole, GcpCloudRole
from policies.subject import Subject, subjects_in

CREATE, READ, UPDATE, PATCH, DELETE, LIST = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.PATCH,
    Capability.DELETE,
    Capability.LIST,
)

ONLY_REVOKES: Final = "read-only,crl-signing,ocsp-signing"
"""What an issuer is good for that signs no certificate any more, in Vault's words."""


def stanzas_of(subject: Subject) -> tuple[Stanza, ...]:
    """All stanzas of a subject's ACL policy, sorted by path. The built-in `default` policy is not
    given to tokens (it grants more than anyone here needs), so the two paths with which a token
    looks at itself and ends itself are granted to all.
    """
    stanzas = [
        Stanza(path="auth/token/lookup-self", capabilities=(READ,), comment="every token"),
        Stanza(path="auth/token/revoke-self", capabilities=(UPDATE,), comment="every token"),
    ]
    for grant in subject.grants:
        comment = f"{subject.label}: {grant}" + (f" ({grant.reason})" if grant.reason else "")
        stanzas += (
            dataclasses.replace(stanza, comment=comment) for stanza in _meaning(subject, grant)
        )
    return tuple(sorted(stanzas, key=lambda stanza: (stanza.path, stanza.comment)))


def _meaning(subject: Subject, grant: Grant) -> Iterator[Stanza]:
    match grant:
        case Kv(path=path, access=access):
            yield from _kv(path, access)
        case Database(access=access):
            role = subject.database_role(access)
            yield Stanza(path=paths.database_credentials(role), capabilities=(READ,))
        case DatabaseStatic(user=user):
            role = subject.static_role(user)
            yield Stanza(path=paths.static_credentials(role), capabilities=(READ,))
        case Cloud(role=role):
            engine = engine_of(cloud_role(subject, role))
            yield Stanza(path=paths.cloud_credentials(engine, role), capabilities=(READ,))
        case Pki(access=access):
            yield from _pki(subject.pki_role, access)
        case RenewSelf():
            yield Stanza(path="auth/token/renew-self", capabilities=(UPDATE,))
            yield Stanza(path="sys/leases/renew", capabilities=(UPDATE,))
        case IssueSecretIds():
            yield from _secret_ids(subject, grant)
        case Control(path=path, capabilities=capabilities):
            yield Stanza(path=path, capabilities=capabilities)
        case _:
            yield from _of_platform(subject, grant)


def _of_platform(subject: Subject, grant: OfPlatform) -> Iterator[Stanza]:
    match grant:
        case RootPassword(application=application):
            path = paths.rotate_database_root(application)
            yield Stanza(path=path, capabilities=(UPDATE,))
        case RootKey():
            yield Stanza(path=paths.ROTATE_AWS_ROOT, capabilities=(UPDATE,))
        case IntermediateCa():
            yield from _intermediate(subject, grant)
        case SecretIds():
            yield from _own_secret_ids(subject, grant)
        case ReadSnapshots():
            yield Stanza(path=paths.SNAPSHOT, capabilities=(READ,))
        case Attest():
            for path, capabilities in inspection.granted():
                yield Stanza(path=path, capabilities=capabilities)


def _kv(path: SecretPath, access: KvAccess) -> Iterator[Stanza]:
    match access:
        case KvAccess.READ:
            yield Stanza(path=path.data, capabilities=(READ,))
        case KvAccess.READ_WRITE:
            yield Stanza(path=path.data, capabilities=(CREATE, READ, UPDATE, PATCH, DELETE))
            yield Stanza(
                path=path.metadata, capabilities=(CREATE, READ, UPDATE, PATCH, DELETE, LIST)
            )
            for operation in path.version_operations:
                yield Stanza(path=operation, capabilities=(UPDATE,))
        case KvAccess.ROTATE:
            # A merge patch leaves the other keys as they are, and check-and-set needs only the
            # version's number, which is metadata: so rotating needs no right to read.
            yield Stanza(path=path.data, capabilities=(PATCH,))
            yield Stanza(path=path.metadata, capabilities=(READ,))
        case KvAccess.ROTATE_AND_KEEP:
            yield Stanza(path=path.data, capabilities=(READ, PATCH))
            yield Stanza(path=path.metadata, capabilities=(READ,))


def _pki(role: str, access: PkiAccess) -> Iterator[Stanza]:
    yield Stanza(path=paths.pki_issue(role), capabilities=(UPDATE,))
    if access is PkiAccess.ADMIN:
        # Who holds a certificate's key may end it; `revoke` would end anybody's.
        yield Stanza(path=f"{paths.PKI}/revoke-with-key", capabilities=(UPDATE,))


def _secret_ids(subject: Subject, grant: IssueSecretIds) -> Iterator[Stanza]:
    for other in subjects_in(subject.matrix, subject.environment):
        if isinstance(other.workload.identity, AppRole):
            role = paths.approle(other.role)
            yield Stanza(path=f"{role}/role-id", capabilities=(READ,))
            yield Stanza(
                path=f"{role}/secret-id",
                capabilities=(UPDATE,),
                min_wrapping_ttl=grant.wrapped.default.seconds,
                max_wrapping_ttl=grant.wrapped.maximum.seconds,
            )


def _intermediate(subject: Subject, grant: IntermediateCa) -> Iterator[Stanza]:
    """A new key, its certificate by the root, that put in place, and made the mount's default. The
    old issuer is left what it needs to revoke. Nothing else of an issuer can be changed, and none
    deleted.

    Values are compared as they are sent: as text, also the path's length.
    """
    for path in (
        f"{paths.PKI}/intermediate/generate/internal",
        f"{paths.PKI}/intermediate/set-signed",
    ):
        yield Stanza(path=path, capabilities=(UPDATE,))
    name = grant.common_name.format(environment=subject.environment.value)
    yield Stanza(
        path=f"{paths.PKI_ROOT}/root/sign-intermediate",
        capabilities=(UPDATE,),
        # What is left out would be chosen by Vault, or by the request for the certificate.
        required_parameters=("common_name", "max_path_length", "ttl"),
        allowed_parameters=(
            ("common_name", (name,)),
            ("csr", ()),
            ("max_path_length", ("0",)),
            ("organization", ()),
            ("ttl", (f"{grant.lifetime.seconds}s",)),
        ),
        # Vault takes an empty text for any list of allowed values, and the request's own name for
        # an empty one.
        denied_parameters=(("common_name", ("",)), ("ttl", ("",))),
    )
    yield Stanza(
        path=f"{paths.PKI}/config/issuers",
        capabilities=(READ, UPDATE),
        allowed_parameters=(("default", ()),),
    )
    yield Stanza(
        path=f"{paths.PKI}/issuer/+",
        capabilities=(READ, PATCH),
        allowed_parameters=(("issuer_name", ()), ("usage", (ONLY_REVOKES,))),
    )


def _own_secret_ids(subject: Subject, grant: SecretIds) -> Iterator[Stanza]:
    """Of one pipeline. How often and how long a secret ID is good, its role says, not who asks."""
    wanted = f"{grant.application}/{grant.workload}"
    (pipeline,) = (s for s in subjects_in(subject.matrix, subject.environment) if s.label == wanted)
    role = paths.approle(pipeline.role)
    yield Stanza(
        path=f"{role}/secret-id",
        capabilities=(UPDATE,),
        allowed_parameters=(("metadata", ()),),
        min_wrapping_ttl=grant.wrapped.seconds,
        max_wrapping_ttl=grant.wrapped.seconds,
    )
    yield Stanza(path=f"{role}/secret-id-accessor/destroy", capabilities=(UPDATE,))


def cloud_role(subject: Subject, name: str) -> CloudRole:
    """The application's cloud role of this name; the model has made sure that there is one."""
    assert subject.application is not None
    return next(role for role in subject.application.cloud_roles if role.name == name)


def engine_of(role: CloudRole) -> str:
    match role:
        case AwsCloudRole():
            return paths.AWS
        case GcpCloudRole():
            return paths.GCP
        case AzureCloudRole():
            return paths.AZURE
