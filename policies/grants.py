"""The cells of the access matrix: what a workload may do, in which environments, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import combinations, permutations

from policies.acl.patterns import Pattern, meeting
from policies.environments import EVERYWHERE, Environment
from policies.hcl import Capability
from policies.lifetime import Duration, Lifetime
from policies.paths import SecretPath, check_served, refuse_secrets
from policies.postgresql import DatabaseAccess


@unique
class KvAccess(StrEnum):
    """What a grant of static secrets allows on the entries that it names."""

    READ = "read"
    """The values, nothing else."""
    READ_WRITE = "read-write"
    """The values, their versions (delete, restore, destroy) and their metadata."""
    ROTATE = "rotate"
    """Change keys of an existing entry with check-and-set, without reading any value."""
    ROTATE_AND_KEEP = "rotate-and-keep"
    """The same, and read what is replaced: to keep it for an overlap, or to put it back."""


@unique
class PkiAccess(StrEnum):
    """For which names a grant lets its holder have certificates."""

    CLIENT = "client"
    """A client certificate for the workload's own name."""
    ADMIN = "admin"
    """Client and server certificates for the application's names; revoke what it holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cell:
    """What every grant has. A grant of what is Vault's own must say why, any other may."""

    environments: frozenset[Environment] = EVERYWHERE
    reason: str = ""

    def __post_init__(self) -> None:
        if not self.environments:
            raise ValueError(
                f"grant '{self}': must hold in some environment; leave `environments` out for all"
            )
        if isinstance(self, OfVault) and not self.reason:
            raise ValueError(f"grant '{self}': must say why it is needed; write reason='...'")


@dataclass(frozen=True, slots=True)
class Kv(_Cell):
    """Static secrets: one entry, or all in a folder."""

    path: SecretPath
    access: KvAccess

    def __str__(self) -> str:
        return f"kv {self.access.value} {self.path.text}"


@dataclass(frozen=True, slots=True)
class Database(_Cell):
    """A user in the application's own database, made for each lease."""

    access: DatabaseAccess

    def __str__(self) -> str:
        return f"database {self.access.value}"


@dataclass(frozen=True, slots=True)
class DatabaseStatic(_Cell):
    """The password of a user that stays, which Vault rotates (`resources.StaticUser`)."""

    user: str

    def __str__(self) -> str:
        return f"database user {self.user}"


@dataclass(frozen=True, slots=True)
class Cloud(_Cell):
    """Credentials of one cloud role, by its name in the matrix."""

    role: str

    def __str__(self) -> str:
        return f"cloud {self.role}"


@dataclass(frozen=True, slots=True)
class Pki(_Cell):
    """Certificates that the intermediate CA signs."""

    access: PkiAccess

    def __str__(self) -> str:
        return f"pki {self.access.value}"


@dataclass(frozen=True, slots=True)
class RenewSelf(_Cell):
    """Renew the own token, and the leases of credentials issued with it."""

    def __str__(self) -> str:
        return "renew-self"


@dataclass(frozen=True, slots=True)
class IssueSecretIds(_Cell):
    """Hand every pipeline its role ID and its secret ID, for people only. The secret ID can only
    be had response-wrapped, so that who carries it cannot look at it and stay unnoticed.
    """

    wrapped: Lifetime

    def __str__(self) -> str:
        return "issue secret IDs"


@dataclass(frozen=True, slots=True)
class Control(_Cell):
    """A path of Vault itself, for people only. What Vault keeps or issues is no such path."""

    path: str
    capabilities: tuple[Capability, ...]

    def __post_init__(self) -> None:
        _Cell.__post_init__(self)
        check_served(self.path)
        refuse_secrets(self.path)

    def __str__(self) -> str:
        return f"control {self.path}"


@dataclass(frozen=True, slots=True)
class RootPassword(_Cell):
    """Have Vault change the password of the administrator that it is in an application's database,
    for the platform only, as all that follow. Nobody is told the new one.
    """

    application: str

    def __str__(self) -> str:
        return f"rotate the database administrator of {self.application}"


@dataclass(frozen=True, slots=True)
class RootKey(_Cell):
    """Have Vault change the AWS key that it is itself. Nobody is told the new secret."""

    def __str__(self) -> str:
        return "rotate the AWS engine's own key"


@dataclass(frozen=True, slots=True)
class IntermediateCa(_Cell):
    """Make a new key for the CA that signs everything, have the root sign it, and put it in place:
    under this name, for this long, and with no CA below it. `common_name` may hold `{environment}`.

    Whose key it is Vault does not look at: whoever has one of their own signed may be any host for
    as long.
    """

    common_name: str
    lifetime: Duration

    def __post_init__(self) -> None:
        _Cell.__post_init__(self)
        if "*" in self.common_name:
            raise ValueError(
                f"grant '{self}': the name must not have a '*', which in an ACL policy stands for "
                "any text; write the whole name"
            )

    def __str__(self) -> str:
        return f"renew the intermediate CA {self.common_name!r} for {self.lifetime}"


@dataclass(frozen=True, slots=True)
class SecretIds(_Cell):
    """Make secret IDs for one pipeline, and end them. A new one can only be had wrapped, for just
    this long.
    """

    application: str
    workload: str
    wrapped: Duration

    def __str__(self) -> str:
        whose = f"{self.application}/{self.workload}"
        return f"rotate the secret IDs of {whose}, wrapped for {self.wrapped}"


@dataclass(frozen=True, slots=True)
class ReadSnapshots(_Cell):
    """Copy all that Vault stores, where it stores by Raft: on files there is no such copy.

    Everything is in it, each secret and each token, as Vault's barrier encrypts it. So whoever has
    one and the use of the seal's key has everything, and no rule of this matrix is asked again.
    """

    def __str__(self) -> str:
        return "read snapshots of all that Vault stores"


@dataclass(frozen=True, slots=True)
class Attest(_Cell):
    """Look at all that decides who may do what, to compare it with this matrix: mounts, roles, ACL
    policies, identities, audit devices, limits, and who holds tokens (`inspection`). It reads no
    secret and no connection, and changes nothing.
    """

    def __str__(self) -> str:
        return "look at all that decides access"


OfPlatform = RootPassword | RootKey | IntermediateCa | SecretIds | ReadSnapshots | Attest
"""What only the platform's own workloads may be granted."""
OfPeople = Control | IssueSecretIds
"""What only people may be granted."""
OfVault = OfPlatform | OfPeople
Grant = Kv | Database | DatabaseStatic | Cloud | Pki | RenewSelf | OfVault


def refuse_contradictions(workload: str, grants: Iterable[Grant]) -> None:
    """Two grants contradict when they say different things of one path.

    Vault never adds up rules: the most specific one alone decides. So a narrow grant beside a
    wide one silently takes away what the wide one gives, whatever its author meant.
    """
    grants = tuple(grants)
    for text, count in Counter(str(grant) for grant in grants).items():
        if count > 1:
            raise ValueError(
                f"workload {workload!r}: the grant '{text}' is there {count} times in one "
                "environment; keep one"
            )
    kv = [grant for grant in grants if isinstance(grant, Kv)]
    for one, other in combinations(kv, 2):
        if one.path.covers(other.path) or other.path.covers(one.path):
            raise ValueError(
                f"workload {workload!r}: the grants '{one}' and '{other}' contradict: Vault "
                "applies only the more specific rule to a path, so the two never add up; write one "
                "grant, or folders that do not overlap"
            )
    _refuse_shadowed_controls(workload, [grant for grant in grants if isinstance(grant, Control)])
    for kind in (Database, Pki):
        same = [str(grant) for grant in grants if isinstance(grant, kind)]
        if len(same) > 1:
            raise ValueError(
                f"workload {workload!r}: the grants {' and '.join(repr(s) for s in same)} "
                "contradict; the wider one includes the other, so keep one"
            )


def _refuse_shadowed_controls(workload: str, grants: Iterable[Control]) -> None:
    """A narrower rule that lacks what a wider one gives takes it away below its path. That goes
    for LIST of a folder too, which Vault decides by the rule without the slash.
    """
    for wide, narrow in permutations(grants, 2):
        outer, inner = Pattern.of(wide.path), Pattern.of(narrow.path)
        denied = Capability.DENY in narrow.capabilities  # which overrules what stands beside it
        lost = set(wide.capabilities) - ({Capability.DENY} if denied else {*narrow.capabilities})
        if wide.path == f"{narrow.path}/*":
            listing = Capability.LIST in wide.capabilities
            lost &= {Capability.LIST, Capability.SUDO} if listing else set()
        elif meeting(outer, inner) is None or outer.precedence > inner.precedence:
            continue
        if lost:
            names = ", ".join(sorted(capability.value for capability in lost))
            raise ValueError(
                f"workload {workload!r}: the grants '{wide}' and '{narrow}' contradict: for "
                f"{narrow.path} Vault applies only the second, which lacks {names}; add that to "
                "it, or drop it"
            )
