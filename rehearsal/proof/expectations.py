"""What the matrix says of an attempt. Reads grants only."""

from __future__ import annotations

from policies import inspection
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
    Pki,
    PkiAccess,
    ReadSnapshots,
    RenewSelf,
    RootKey,
    RootPassword,
    SecretIds,
)
from policies.hcl import Capability
from policies.paths import PKI, SecretPath
from policies.subject import Subject

READS = frozenset({KvAccess.READ, KvAccess.READ_WRITE, KvAccess.ROTATE_AND_KEEP})
WRITES = frozenset({KvAccess.READ_WRITE})
PATCHES = frozenset({KvAccess.READ_WRITE, KvAccess.ROTATE, KvAccess.ROTATE_AND_KEEP})


def kv(subject: Subject, path: str, accesses: frozenset[KvAccess]) -> bool:
    wanted = SecretPath(path)
    return any(
        isinstance(grant, Kv) and grant.access in accesses and grant.path.covers(wanted)
        for grant in subject.grants
    )


def kv_list(subject: Subject, folder: str) -> bool:
    whole = SecretPath(f"{folder}/*")
    return any(
        isinstance(grant, Kv) and grant.access in WRITES and grant.path.covers(whole)
        for grant in subject.grants
    )


def database(subject: Subject, role: str) -> bool:
    return any(
        isinstance(grant, Database) and subject.database_role(grant.access) == role
        for grant in subject.grants
    )


def static_user(subject: Subject, role: str) -> bool:
    return any(
        isinstance(grant, DatabaseStatic) and subject.static_role(grant.user) == role
        for grant in subject.grants
    )


def rotates_database_root(subject: Subject, application: str) -> bool:
    return any(
        isinstance(grant, RootPassword) and grant.application == application
        for grant in subject.grants
    )


def rotates_aws_root(subject: Subject) -> bool:
    return any(isinstance(grant, RootKey) for grant in subject.grants)


def renews_intermediate(subject: Subject) -> bool:
    return any(isinstance(grant, IntermediateCa) for grant in subject.grants)


def rotates_secret_ids(subject: Subject, pipeline: Subject) -> SecretIds | None:
    """The grant by which it rotates those of a pipeline; None where it may not."""
    for grant in subject.grants:
        if (
            isinstance(grant, SecretIds)
            and f"{grant.application}/{grant.workload}" == pipeline.label
        ):
            return grant
    return None


def takes_snapshots(subject: Subject) -> bool:
    return any(isinstance(grant, ReadSnapshots) for grant in subject.grants)


def cloud(subject: Subject, role: str) -> bool:
    return any(isinstance(grant, Cloud) and grant.role == role for grant in subject.grants)


def pki(subject: Subject, role: str) -> bool:
    return any(isinstance(grant, Pki) for grant in subject.grants) and subject.pki_role == role


def revokes_with_key(subject: Subject) -> bool:
    """Whether it may revoke the certificates that it holds the keys of."""
    return any(
        isinstance(grant, Pki) and grant.access is PkiAccess.ADMIN for grant in subject.grants
    )


def renew_self(subject: Subject) -> bool:
    return any(isinstance(grant, RenewSelf) for grant in subject.grants)


def issues_secret_ids(subject: Subject) -> bool:
    return any(isinstance(grant, IssueSecretIds) for grant in subject.grants)


def control(subject: Subject, path: str, capability: Capability) -> bool:
    """Whether it is granted this path of Vault itself."""
    return any(
        capability in capabilities and _matches(rule, path)
        for grant in subject.grants
        for rule, capabilities in paths_of(grant)
    )


def paths_of(grant: Grant) -> tuple[tuple[str, tuple[Capability, ...]], ...]:
    """What a grant that is a list of paths lists, with what it gives there."""
    match grant:
        case Control(path=path, capabilities=capabilities):
            return ((path, capabilities),)
        case Attest():
            return inspection.granted()
        case IntermediateCa():
            # Others are granted this, too; the rest of a renewal is tried in `proof.rotation`.
            return ((f"{PKI}/issuer/+", (Capability.READ,)),)
        case _:
            return ()


def _matches(pattern: str, path: str) -> bool:
    """Vault's `+` and final `*`; a LIST of a folder also matches the rule without its slash."""
    if pattern.endswith("*"):
        *wanted, start = pattern.removesuffix("*").split("/")
        given = path.split("/")
        if len(given) <= len(wanted) or not given[len(wanted)].startswith(start):
            return False
        given = given[: len(wanted)]
    else:
        wanted, given = pattern.split("/"), path.rstrip("/").split("/")
    return len(wanted) == len(given) and all(
        segment in ("+", other) for segment, other in zip(wanted, given, strict=True)
    )
