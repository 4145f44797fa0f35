"""The cells of the access matrix: what a workload may do, in which environments, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import combinations

from policies.environments import EVERYWHERE, Environment
from policies.hcl import Capability
from policies.lifetime import Lifetime
from policies.paths import SecretPath, check_served
from policies.postgresql import DatabaseAccess


@unique
class KvAccess(StrEnum):
    READ = "read"
    """The values, nothing else."""
    READ_WRITE = "read-write"
    """The values, their versions (delete, restore, destroy) and their metadata."""
    ROTATE = "rotate"
    """Change keys of an existing entry with check-and-set, without reading any value."""


@unique
class PkiAccess(StrEnum):
    CLIENT = "client"
    """A client certificate for the workload's own name."""
    ADMIN = "admin"
    """Client and server certificates for the application's names; list and revoke."""


@dataclass(frozen=True, slots=True)
class Kv:
    path: SecretPath
    access: KvAccess
    environments: frozenset[Environment] = EVERYWHERE
    reason: str = ""

    def __str__(self) -> str:
        return f"kv {self.access.value} {self.path.text}"


@dataclass(frozen=True, slots=True)
class Database:
    access: DatabaseAccess
    environments: frozenset[Environment] = EVERYWHERE
    reason: str = ""

    def __str__(self) -> str:
        return f"database {self.access.value}"


@dataclass(frozen=True, slots=True)
class Cloud:
    role: str
    environments: frozenset[Environment] = EVERYWHERE
    reason: str = ""

    def __str__(self) -> str:
        return f"cloud {self.role}"


@dataclass(frozen=True, slots=True)
class Pki:
    access: PkiAccess
    environments: frozenset[Environment] = EVERYWHERE
    reason: str = ""

    def __str__(self) -> str:
        return f"pki {self.access.value}"


@dataclass(frozen=True, slots=True)
class RenewSelf:
    """Renew the own token, and the leases of credentials issued with it."""

    environments: frozenset[Environment] = EVERYWHERE
    reason: str = ""

    def __str__(self) -> str:
        return "renew-self"


@dataclass(frozen=True, slots=True)
class IssueSecretIds:
    """Hand every pipeline its role ID and its secret ID, for people only. The secret ID can only
    be had response-wrapped, so that who carries it cannot look at it and stay unnoticed.
    """

    reason: str
    wrapped: Lifetime
    environments: frozenset[Environment] = EVERYWHERE

    def __str__(self) -> str:
        return "issue secret IDs"


@dataclass(frozen=True, slots=True)
class Control:
    """A path of Vault itself, for people only."""

    path: str
    capabilities: tuple[Capability, ...]
    reason: str
    environments: frozenset[Environment] = EVERYWHERE

    def __post_init__(self) -> None:
        check_served(self.path)

    def __str__(self) -> str:
        return f"control {self.path}"


Grant = Kv | Database | Cloud | Pki | RenewSelf | IssueSecretIds | Control


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
    for kind in (Database, Pki):
        same = [str(grant) for grant in grants if isinstance(grant, kind)]
        if len(same) > 1:
            raise ValueError(
                f"workload {workload!r}: the grants {' and '.join(repr(s) for s in same)} "
                "contradict; the wider one includes the other, so keep one"
            )
