"""What costs money in an environment, and what is assumed of its use where nothing declares it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Nodes(StrEnum):
    """Where the servers run."""

    SHARED = "shared"
    """Beside others: they cost what they take of a node."""
    OWN = "own"
    """Each on a node to itself."""


@dataclass(frozen=True, slots=True)
class Pods:
    """Of one kind, with what each asks for."""

    name: str
    count: int
    cores: float
    memory_gib: float


@dataclass(frozen=True, slots=True)
class Volumes:
    """Of one kind."""

    name: str
    count: int
    gib: float
    """Each."""


@dataclass(frozen=True, slots=True)
class Footprint:
    """What is declared. What is given to the program instead, such as a KMS key that was there
    before, is on its owner's bill.
    """

    servers: tuple[Pods, ...] = ()
    """Vault's, or whatever else keeps its disks."""
    others: tuple[Pods, ...] = ()
    volumes: tuple[Volumes, ...] = ()
    load_balancers: int = 0
    kms_keys: int = 0
    kept_days: tuple[int, ...] = ()
    """Of each bucket of snapshots: how long it keeps one, as a version that was deleted too. The
    first is where they are written, others are copies elsewhere."""
    snapshots_per_day: float = 1
    audited: bool = False


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What nothing declares and the sum needs: the guardrail takes it from its settings.
    `snapshot_gib` is the size of one snapshot, which stays the same over the month.
    """

    nodes: Nodes
    requests_per_second: float
    """On average over the month, nights included."""
    audit_days: int
    """How long the log is kept where it is shipped to."""
    snapshot_gib: float
