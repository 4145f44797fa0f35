"""What was compared, and what differed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique


@unique
class Kind(StrEnum):
    """What Vault and `policies.acl` were both asked."""

    CAPABILITIES = "capabilities"
    TEXTS = "texts"
    OPERATIONS = "operations"
    DIFFERENCES = "differences"


@dataclass(frozen=True, slots=True)
class Difference:
    """One question that the two answer differently, with all that it takes to ask again."""

    question: str
    ours: str
    vaults: str
    policies: Mapping[str, str]
    """Name -> text, of those that the asker has."""


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found. `granted`: answers that are a yes. `apart`: questions that were not
    compared, by the reason, which is a documented limit and no difference.
    """

    compared: int
    granted: int
    differences: tuple[Difference, ...]
    apart: Mapping[str, int] = field(default_factory=dict)
    counted: Mapping[str, int] = field(default_factory=dict)
    """What else there was, by its name in the plural."""


@dataclass(slots=True)
class Tally:
    """The rounds of one kind so far."""

    compared: int = 0
    granted: int = 0
    differences: list[tuple[int, Difference]] = field(default_factory=list)
    """With the seed of the round that found it."""
    apart: Counter[str] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, seed: int, found: Round, seconds: float) -> None:
        self.compared += found.compared
        self.granted += found.granted
        self.differences += [(seed, difference) for difference in found.differences]
        self.apart.update(found.apart)
        self.counted.update(found.counted)
        self.seconds += seconds


@dataclass(frozen=True, slots=True)
class Pace:
    """Questions of one path, answered per second, one after the other."""

    ours: float
    one_a_request: float
    """By `sys/capabilities` over HTTP, on a connection that stays open."""
    many_a_request: float
    """The same, with all paths of a token in one request."""

    @property
    def ratio(self) -> float:
        return self.ours / self.one_a_request


@dataclass(slots=True)
class Results:
    """All of one run. Round n has the seed `seed + n`, and no other input."""

    seed: int
    rounds: int = 0
    tallies: dict[Kind, Tally] = field(default_factory=lambda: {kind: Tally() for kind in Kind})
    pace: Pace | None = None

    @property
    def compared(self) -> int:
        return sum(tally.compared for tally in self.tallies.values())

    @property
    def differed(self) -> int:
        return sum(len(tally.differences) for tally in self.tallies.values())
