"""Latencies of many requests: exact percentiles, from every sample and not from a histogram. Pure.

Seconds come in, milliseconds go out.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

PERCENTILES = (50.0, 95.0, 99.0, 99.9)


@dataclass(frozen=True, slots=True)
class Distribution:
    """Latencies of at least one request, in milliseconds, in ascending order."""

    milliseconds: Sequence[float] = field(repr=False)

    @classmethod
    def of_seconds(cls, seconds: Iterable[float]) -> Distribution:
        """Raises `ValueError` where there are none: nothing can be said of nothing."""
        ordered = array("d", sorted(1000 * value for value in seconds))
        if not ordered:
            raise ValueError("no latency was measured; a run must have at least one request")
        return cls(ordered)

    @classmethod
    def together(cls, parts: Iterable[Distribution]) -> Distribution:
        """All requests of several runs."""
        return cls.of_seconds(value / 1000 for part in parts for value in part.milliseconds)

    def __len__(self) -> int:
        return len(self.milliseconds)

    def percentile(self, percent: float) -> float:
        """The least latency that `percent` of the requests did not exceed (nearest rank)."""
        if not 0 < percent <= 100:
            raise ValueError(f"percentile {percent}: must be above 0 and at most 100")
        # 99.9 % of 1000 is 999, which floating point makes 999.0000000000001.
        rank = math.ceil(round(percent * len(self) / 100, 6))
        return self.milliseconds[max(rank, 1) - 1]

    @property
    def longest(self) -> float:
        return self.milliseconds[-1]

    def curve(self, points: int = 200) -> list[tuple[float, float]]:
        """Percent and milliseconds, evenly spaced in powers of ten of what is above: from P1 to
        the last percentile that has a request of its own above it.
        """
        first = -math.log10(0.99)
        last = max(math.log10(len(self)), first)
        steps = (first + (last - first) * index / (points - 1) for index in range(points))
        return [(p, self.percentile(p)) for p in (100 * (1 - 10**-step) for step in steps)]


def ratio(ours: float, theirs: float) -> float:
    """How many times theirs ours is; below 1 is better for a latency."""
    if theirs <= 0:
        raise ValueError(f"nothing can be compared with {theirs}")
    return ours / theirs
