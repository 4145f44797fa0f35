"""What clients saw, in figures. Pure: from samples with times to gaps, counts and errors.

Times are seconds of the monotonic clock unless a name says otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import pairwise


@unique
class Operation(StrEnum):
    WRITE = "write"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Sample:
    """One request of the open loop: sent at its time, whatever became of those before it."""

    operation: Operation
    server: str
    ended: float
    error: str = ""
    """Why it failed; empty where it succeeded."""
    behind: int = 0
    """Of a read: how many versions it was older than what was acknowledged before it began."""


@dataclass(frozen=True, slots=True)
class Insisted:
    """One request of the client that tries the next server until one answers."""

    server: str
    """That answered, or was asked last."""
    began: float
    ended: float
    attempts: int
    failed: bool = False
    behind: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without success."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Stale:
    """A read that returned less than was acknowledged before it began."""

    server: str
    seconds: float
    """From the event to its answer."""
    behind: int
    """Versions."""


@dataclass(frozen=True, slots=True)
class Impact:
    """What one kind of requests of the open loop suffered."""

    sent: int
    succeeded: int
    downtime: Gap
    """The longest time without a success."""
    errors: Mapping[str, int]
    """Why -> how many, most frequent first."""


@dataclass(frozen=True, slots=True)
class Retried:
    """What the client that retries suffered: its requests are an application's."""

    requests: int
    failed: int
    slowest_seconds: float


def longest_gap(successes: Iterable[float], begin: float, end: float) -> Gap:
    """The longest time without a success between `begin` and `end`, the first of equals."""
    within = sorted(moment for moment in successes if begin <= moment <= end)
    points = [begin, *within, max(begin, end)]
    return max((Gap(a, b) for a, b in pairwise(points)), key=lambda gap: gap.seconds)


def impact(samples: Sequence[Sample], operation: Operation, begin: float, end: float) -> Impact:
    """`begin` and `end` bound the search for the downtime; the counts are of all samples."""
    own = [sample for sample in samples if sample.operation is operation]
    successes = [sample.ended for sample in own if not sample.error]
    errors = Counter(sample.error for sample in own if sample.error)
    gap = longest_gap(successes, begin, end)
    return Impact(len(own), len(successes), gap, dict(errors.most_common()))


def retried(requests: Sequence[Insisted]) -> Retried:
    slowest = max((request.ended - request.began for request in requests), default=0.0)
    return Retried(len(requests), sum(request.failed for request in requests), slowest)


def stale_reads(
    samples: Iterable[Sample], requests: Iterable[Insisted], struck: float
) -> tuple[Stale, ...]:
    """All reads that returned less than was acknowledged before they began, by time."""
    every: list[Sample | Insisted] = [*samples, *requests]
    seen = [Stale(one.server, one.ended - struck, one.behind) for one in every if one.behind]
    return tuple(sorted(seen, key=lambda stale: stale.seconds))
