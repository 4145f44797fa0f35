"""A role of the plan -> its terms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from policies import paths
from policies.lifetime import Duration
from policies.plan import (
    AppRoleRole,
    AwsRole,
    AzureRole,
    DatabaseRole,
    DatabaseStaticRole,
    GcpRole,
    KubernetesRole,
    KvSecret,
    OidcRole,
    PkiRole,
    TokenSettings,
)
from policies.review.coverage import (
    ANYONE,
    ANYWHERE,
    BELOW,
    by_domain,
    by_glob,
    by_iam,
    by_network,
    by_right,
    by_scope,
)
from policies.review.issued import Issued
from policies.review.lifetimes import Bounds, MountLifetimes
from policies.review.model import Topic
from policies.review.rights import iam, only_rights_differ, own_form, sql
from policies.review.snapshot import LoginRole
from policies.review.terms import Amount, Described, Names, Term, Text, seconds

_YES = frozenset({"yes"})


def login(
    role: LoginRole, mounts: MountLifetimes, renamed: LoginRole | None = None
) -> Iterator[Described]:
    """Who may log in, and what token that gives. `renamed`: the same role by its name at the head,
    where a workload's role has another one there.
    """
    path, name = login_path(renamed or role), tuple[Term, ...]()
    if renamed:
        name = (Names("role", frozenset({role.name})),)
    yield Described(path, Topic.LOGIN, (*name, *_who(role), _from(role.token)))
    yield Described(path, Topic.TOKEN, _token(role.token, mounts.system))


def login_path(role: LoginRole) -> str:
    match role:
        case KubernetesRole():
            return f"auth/{paths.KUBERNETES_AUTH}/role/{role.name}"
        case AppRoleRole():
            return f"auth/{paths.APPROLE_AUTH}/role/{role.name}"
        case OidcRole():
            return f"auth/{paths.OIDC_AUTH}/role/{role.name}"


def _who(role: LoginRole) -> tuple[Term, ...]:
    match role:
        case KubernetesRole():
            return (
                Names("service account", frozenset({role.service_account}), by_glob),
                Names("namespace", frozenset({role.namespace}), by_glob),
                Names("audience", frozenset({role.audience or ANYONE})),
            )
        case AppRoleRole():
            uses = role.secret_id_uses
            return (
                seconds("secret-ID lifetime", role.secret_id_ttl_seconds),
                Amount("secret-ID uses", uses or float("inf"), str(uses or "unlimited")),
            )
        case OidcRole():
            return (Names("group", frozenset(role.groups) or frozenset({ANYONE})),)


def _from(token: TokenSettings) -> Names:
    cidrs = frozenset(token.bound_cidrs)
    return Names("CIDR", cidrs or frozenset({ANYWHERE}), by_network)


def _token(token: TokenSettings, system: Bounds) -> tuple[Term, ...]:
    return _lifetime(token.ttl_seconds, token.max_ttl_seconds, system)


def _lifetime(default: int, maximum: int, mount: Bounds) -> tuple[Term, ...]:
    return (
        seconds("TTL", default, (mount.default, "as the mount")),
        seconds("maximum TTL", maximum, (mount.maximum, "as the mount")),
    )


def issued(one: Issued, mounts: MountLifetimes, *, alone: bool) -> Described:
    """`alone`: the other side has no such thing, so that all of it is told, and not only what
    differs.
    """
    return Described(one.role, one.topic, tuple(_terms(one, mounts, alone=alone)))


def _terms(one: Issued, mounts: MountLifetimes, *, alone: bool) -> Iterator[Term]:
    match one.says:
        case DatabaseRole() as role:
            yield from _database(role, one.database, alone=alone)
        case DatabaseStaticRole() as static:
            yield Names("database", frozenset({one.database}))
            yield Names("user", frozenset({static.username}))
            yield Text("rotation schedule", static.schedule)
            period = static.period_seconds
            yield Amount("rotation period", period, str(Duration(period)) if period else "")
            return
        case AwsRole() as role:
            document = iam(role.policy_document)
            yield Names("IAM action", document.allowed, by_iam)
            yield Text("other IAM statements", "\n".join(sorted(document.others)))
            if not alone:
                default, maximum = one.mount
                yield seconds("TTL of the mount", default)
                yield seconds("maximum TTL of the mount", maximum)
        case GcpRole() as role:
            yield Names("service account", frozenset({role.service_account}))
            yield Names("scope", frozenset(role.scopes))
            yield seconds("TTL", role.ttl_seconds, (mounts.system.default, "as the mount"))
            return
        case AzureRole() as role:
            pairs = frozenset(f"{name} at {scope}" for name, scope in role.assignments)
            yield Names("assignment", pairs, by_scope)
        case PkiRole() as role:
            yield from _certificates(role)
        case KvSecret() as entry:
            yield Names("key", frozenset(entry.keys))
            yield Names("key of a rotation", frozenset(entry.kept_keys))
            if not alone:
                length = entry.generated_length
                yield Amount(
                    "generated value", -(length or 0), f"{length} characters" if length else ""
                )
            return
        case _ as never:
            assert_never(never)
    mount = mounts.pki if isinstance(role, PkiRole) else mounts.system
    yield from _lifetime(role.default_ttl_seconds, role.max_ttl_seconds, mount)


def _database(role: DatabaseRole, database: str, *, alone: bool) -> Iterator[Term]:
    yield Names("database", frozenset({database}))
    if alone and (form := own_form(role, database)):
        yield Text("SQL", form)
        return
    creation = "\n".join(role.statements.creation)
    yield Names("right", sql(creation).names, by_right)
    yield Text("creation SQL", creation, only_rights_differ)
    yield Text("revocation SQL", "\n".join(role.statements.revocation))
    yield Text("renewal SQL", "\n".join(role.statements.renewal))
    yield Text("rollback SQL", "\n".join(role.statements.rollback))


def _certificates(role: PkiRole) -> Iterator[Term]:
    """Names as the engine's roles are set: a domain itself always, what is below it if said."""
    rest = BELOW if role.allow_subdomains else ""
    domains = frozenset(f"{domain}{rest}" for domain in role.allowed_domains)
    yield Names("domain", domains, by_domain)
    for term, flag in (("for clients", role.client), ("for servers", role.server)):
        yield Names(term, _YES if flag else frozenset())
