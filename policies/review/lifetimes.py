"""How long a credential really lives: by its role, its mount, the system, and the token that took
it.

A lease ends with the token that it was made with, and is renewed only by who may: so an ACL without
`auth/token/renew-self` ends both at the token's first lifetime, and one without `sys/leases/renew`
each lease at its own. A certificate is no lease, nor is a Google token: they outlive the token.

Deliberately does not know a stack's own settings (they are given), whether an AWS role is assumed
(as an IAM user its lease knows the mount's lifetime only, which is the least of all roles'), and
who else may renew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from policies import paths
from policies.acl import Acl
from policies.hcl import Capability
from policies.plan import (
    AppRoleRole,
    AwsRole,
    AzureRole,
    DatabaseRole,
    DatabaseStaticRole,
    GcpRole,
    KvSecret,
    PkiRole,
    TokenSettings,
)
from policies.review.issued import Issued, ways
from policies.review.model import CredentialLifetime, EffectiveLifetime
from policies.review.sides import Pair
from policies.review.snapshot import LoginRole
from policies.schedule import Cron

TOKEN: Final = "token"
"""What a login's own token is called among credentials."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """In seconds. What holds where a role says nothing, and what nothing exceeds."""

    default: int
    maximum: int


@dataclass(frozen=True, slots=True)
class MountLifetimes:
    """Of the system, and of the mounts that have their own. The defaults are the program's."""

    system: Bounds = Bounds(3600, 768 * 3600)
    pki: Bounds = Bounds(26280 * 3600, 26280 * 3600)
    """That of the intermediate CA."""


OWN: Final = MountLifetimes()


def lifetimes_of(pair: Pair, mounts: MountLifetimes) -> Iterator[CredentialLifetime]:
    """Of each credential that the workload can take, before and after."""
    before, after = (
        dict(_lifetimes(workload.role, acl, issued.values(), mounts)) if workload else {}
        for workload, acl, issued in (
            (pair.base, pair.before, pair.issued[0]),
            (pair.head, pair.after, pair.issued[1]),
        )
    )
    for credential in {**before, **after}:
        yield CredentialLifetime(credential, before.get(credential), after.get(credential))


def _lifetimes(
    role: LoginRole, acl: Acl, issued: Iterable[Issued], mounts: MountLifetimes
) -> Iterator[tuple[str, EffectiveLifetime]]:
    token = token_lifetime(role.token, acl, mounts)
    yield TOKEN, token
    if isinstance(role, AppRoleRole):
        secret_id = f"auth/{paths.APPROLE_AUTH}/role/{role.name}/secret-id"
        yield secret_id, _secret_id(role.secret_id_ttl_seconds, mounts)
    for one in sorted(issued, key=lambda one: one.role):
        if not isinstance(one.says, KvSecret):
            path = ways(one)[0].path
            yield path, _credential(one, path, acl, token, mounts)


def token_lifetime(token: TokenSettings, acl: Acl, mounts: MountLifetimes) -> EffectiveLifetime:
    """Of a login's token. Who may not renew it has it for its first lifetime."""
    lifetime = _bounded(token.ttl_seconds, token.max_ttl_seconds, mounts.system, "system")
    if _may_update(acl, "auth/token/renew-self", "auth/token/renew"):
        return lifetime
    return _only_once(lifetime)


def _credential(
    one: Issued, path: str, acl: Acl, token: EffectiveLifetime, mounts: MountLifetimes
) -> EffectiveLifetime:
    match one.says:
        case PkiRole() as says:
            own = _bounded(says.default_ttl_seconds, says.max_ttl_seconds, mounts.pki, "mount")
            return _outliving(own)
        case DatabaseStaticRole() as says:
            return _rotated(says)
        case GcpRole() as says:
            own = _bounded(says.ttl_seconds, says.ttl_seconds, mounts.system, "system")
            return _outliving(own)
        case AwsRole():
            own = _bounded(*one.mount, mounts.system, "system", says="mount")
        case DatabaseRole() | AzureRole() as says:
            own = _bounded(says.default_ttl_seconds, says.max_ttl_seconds, mounts.system, "system")
    renewals = ("sys/leases/renew", "sys/renew")
    if not _may_update(acl, *renewals, *(f"{renewal}/{path}/id" for renewal in renewals)):
        own = _only_once(own)
    return _within(own, token)


def _rotated(role: DatabaseStaticRole) -> EffectiveLifetime:
    """A password that is no lease, good until Vault changes it. A schedule that cannot be read has
    no end that one could name.
    """
    seconds = role.period_seconds
    if role.schedule:
        try:
            seconds = Cron(role.schedule).interval.seconds
        except ValueError:
            seconds = 0
    return EffectiveLifetime(seconds, "rotation", seconds, "rotation", ends_with_token=False)


def _bounded(
    default: int, maximum: int, mount: Bounds, bound: str, *, says: str = "role"
) -> EffectiveLifetime:
    """What a role says, or its mount where it says nothing (0), never above the mount's most."""
    longest, longest_by = (maximum, says) if maximum else (mount.maximum, bound)
    if longest > mount.maximum:
        longest, longest_by = mount.maximum, bound
    first, first_by = (default, says) if default else (mount.default, bound)
    if first > longest:
        first, first_by = longest, longest_by
    return EffectiveLifetime(first, first_by, longest, longest_by)


def _only_once(one: EffectiveLifetime) -> EffectiveLifetime:
    """Without renewal."""
    return EffectiveLifetime(
        one.default_seconds, one.default_bound, one.default_seconds, one.default_bound
    )


def _within(one: EffectiveLifetime, token: EffectiveLifetime) -> EffectiveLifetime:
    """A lease that ends with its token, taken at the token's start."""
    longest = (one.maximum_seconds, one.maximum_bound)
    first = (one.default_seconds, one.default_bound)
    first = min(first, (token.default_seconds, TOKEN), key=lambda bound: bound[0])
    longest = min(longest, (token.maximum_seconds, TOKEN), key=lambda bound: bound[0])
    return EffectiveLifetime(*first, *longest)


def _outliving(one: EffectiveLifetime) -> EffectiveLifetime:
    """What no renewal is needed for: whoever asks may ask for the most at once."""
    return EffectiveLifetime(
        one.default_seconds,
        one.default_bound,
        one.maximum_seconds,
        one.maximum_bound,
        ends_with_token=False,
    )


def _secret_id(ttl_seconds: int, mounts: MountLifetimes) -> EffectiveLifetime:
    """It ends by itself and not with a token; 0 is never."""
    bound = "role" if ttl_seconds <= mounts.system.maximum else "system"
    seconds = min(ttl_seconds, mounts.system.maximum)
    return EffectiveLifetime(seconds, bound, seconds, bound, ends_with_token=False)


def _may_update(acl: Acl, *where: str) -> bool:
    rules = map(acl.rule, where)
    return any(rule and Capability.UPDATE in rule.granted for rule in rules)
