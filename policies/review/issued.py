"""What Vault hands out by a plan's roles and entries, and who can ask for it, by Vault's decision.

A database role that its connection does not allow, or that has none, hands out nothing, whatever
ACL policies say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from policies import paths
from policies.acl import Acl, Pattern, witness
from policies.acl.meetings import Meetings
from policies.hcl import Capability
from policies.plan import (
    AwsRole,
    AzureRole,
    DatabaseRole,
    DatabaseStaticRole,
    GcpRole,
    KvSecret,
    PkiRole,
)
from policies.review.model import Topic
from policies.review.snapshot import Snapshot

Term: TypeAlias = (
    DatabaseRole | DatabaseStaticRole | AwsRole | GcpRole | AzureRole | PkiRole | KvSecret
)

_READ: Final = frozenset({Capability.READ})
_ASK: Final = frozenset({Capability.READ, Capability.UPDATE})
_WRITE: Final = frozenset({Capability.UPDATE})


@dataclass(frozen=True, slots=True)
class Issued:
    """One thing that can be asked for."""

    role: str
    """Where Vault keeps it: `database/roles/shop-readonly`."""
    topic: Topic
    says: Term
    database: str = ""
    """Of a database role: where its users are made."""
    mount: tuple[int, int] = (0, 0)
    """Of an AWS role: its mount's lifetimes in seconds, the least of all its roles', which is what
    the lease of an IAM user has.
    """


@dataclass(frozen=True, slots=True)
class Way:
    """Where one thing is handed out, and with which capabilities: any of them is enough."""

    path: str
    """`+` is whatever an issuer is called: by its name, its id, or `default`."""
    capabilities: frozenset[Capability]


def ways(one: Issued) -> tuple[Way, ...]:
    """The first is the way that the program means."""
    name = one.says.name
    match one.says:
        case DatabaseRole():
            return (Way(paths.database_credentials(name), _READ),)
        case DatabaseStaticRole():
            return (Way(paths.static_credentials(name), _READ),)
        case AwsRole():
            credentials = Way(paths.cloud_credentials(paths.AWS, name), _ASK)
            return credentials, Way(f"{paths.AWS}/sts/{name}", _ASK)
        case GcpRole():
            return (Way(paths.cloud_credentials(paths.GCP, name), _ASK),)
        case AzureRole():
            return (Way(paths.cloud_credentials(paths.AZURE, name), _READ),)
        case PkiRole():
            issuing = Way(paths.pki_issue(name), _WRITE)
            others = ("sign", "issuer/+/issue", "issuer/+/sign")
            return issuing, *(Way(f"{paths.PKI}/{other}/{name}", _WRITE) for other in others)
        case KvSecret():
            return (Way(one.role, _READ),)


def issued_by(snapshot: Snapshot) -> dict[str, Issued]:
    """By where Vault keeps it."""
    return {one.role: one for one in _issued(snapshot)}


def _issued(snapshot: Snapshot) -> Iterator[Issued]:
    connections = {connection.name: connection for connection in snapshot.database_connections}
    for database in snapshot.database_roles:
        connection = connections.get(database.connection)
        if connection and database.name in connection.allowed_roles:
            role = f"{paths.DATABASE}/roles/{database.name}"
            yield Issued(role, Topic.DATABASE, database, connection.database)
    for static in snapshot.database_static_roles:
        connection = connections.get(static.connection)
        if connection and static.name in connection.allowed_roles:
            role = f"{paths.DATABASE}/static-roles/{static.name}"
            yield Issued(role, Topic.DATABASE, static, connection.database)
    mount = (
        min((aws.default_ttl_seconds for aws in snapshot.aws_roles), default=0),
        min((aws.max_ttl_seconds for aws in snapshot.aws_roles), default=0),
    )
    for aws in snapshot.aws_roles:
        yield Issued(f"{paths.AWS}/roles/{aws.name}", Topic.CLOUD, aws, mount=mount)
    for gcp in snapshot.gcp_roles:
        yield Issued(f"{paths.GCP}/impersonated-account/{gcp.name}", Topic.CLOUD, gcp)
    for azure in snapshot.azure_roles:
        yield Issued(f"{paths.AZURE}/roles/{azure.name}", Topic.CLOUD, azure)
    for pki in snapshot.pki_roles:
        yield Issued(f"{paths.PKI}/roles/{pki.name}", Topic.CERTIFICATE, pki)
    for entry in snapshot.kv_entries:
        yield Issued(f"{paths.KV}/data/{entry.name}", Topic.SECRET, entry)


class Counter:
    """Where things are handed out: who may take which."""

    def __init__(self, things: Iterable[Issued]) -> None:
        self._ways = Meetings(
            (Pattern.of(way.path), (one, way)) for one in things for way in ways(one)
        )

    def may_meet(self, pattern: Pattern) -> bool:
        """Whether a rule with this pattern is about any of it at all."""
        return next(self._ways.of(pattern), None) is not None

    def open_to(self, acl: Acl) -> dict[str, Issued]:
        """What the holder of `acl` can ask for."""
        found = dict[str, Issued]()
        for rule in acl.rules.values():
            if not rule.granted:
                continue
            for one, way in self._ways.of(rule.pattern):
                if one.role not in found and _is_open(acl, way):
                    found[one.role] = one
        return found


def _is_open(acl: Acl, way: Way) -> bool:
    if "+" in way.path:
        pattern = Pattern.of(way.path)
        return any(witness(acl, pattern, capability) for capability in way.capabilities)
    deciding = acl.rule(way.path)
    return bool(deciding and deciding.granted & way.capabilities)


def changed(
    before: Mapping[str, Issued], after: Mapping[str, Issued]
) -> dict[str, tuple[Issued | None, Issued | None]]:
    """What differs, by role."""
    if before == after:
        return {}
    return {
        role: (before.get(role), after.get(role))
        for role in {**before, **after}
        if before.get(role) != after.get(role)
    }
