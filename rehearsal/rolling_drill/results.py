"""What a run of a drill showed, and whether that is good enough. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rehearsal.drill.impact import Impact, Retried, Stale


@dataclass(frozen=True, slots=True)
class Replaced:
    """One server. Seconds from when its pod was told to end."""

    name: str
    led: bool
    away: float
    """Until it was unsealed again."""
    settled: float
    """Until all had been well for a while."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one drill. Durations in seconds."""

    drill: str
    number: int
    servers: int
    before: str
    after: str
    """Versions."""
    took: float
    """All that the command was at, over all its runs."""
    replaced: Sequence[Replaced]
    writes: Impact
    reads: Impact
    retried: Retried
    lost: int
    """Acknowledged writes that are not there."""
    unverified: int
    stale: Sequence[Stale]
    missing: str
    """What kept the cluster from being healthy in the end."""
    problems: Sequence[str]
    notes: Mapping[str, str]
    screens: Sequence[str]
    """What the command showed, where something is a fault."""

    @property
    def unretried(self) -> int:
        """Requests that failed for a client that does not try again."""
        return sum(one.sent - one.succeeded for one in (self.writes, self.reads))

    @property
    def faults(self) -> list[str]:
        """Why this run is no success; empty where it is."""
        counted = {
            "acknowledged writes lost": self.lost,
            "acknowledged writes could not be looked for": self.unverified,
            "requests failed though they were tried again": self.retried.failed,
            "stale reads": len(self.stale),
        }
        found = [f"{number} {what}" for what, number in counted.items() if number]
        if self.missing:
            found.append(f"not healed: {self.missing}")
        return [*found, *self.problems]

    def as_json(self) -> dict[str, Any]:
        values = asdict(self)
        for kind, seen in (("writes", self.writes), ("reads", self.reads)):
            values[kind]["downtime"] = seen.downtime.seconds
        return {**values, "unretried": self.unretried, "faults": self.faults}
