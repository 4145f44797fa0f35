"""What a run of a drill showed, and whether that is good enough. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol, TypeVar

from rehearsal.drill.impact import Impact, Retried, Stale
from rehearsal.drill.phases import Phases


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one drill. Durations in seconds."""

    drill: str
    number: int
    took: float
    writes: Impact
    reads: Impact
    retried: Retried
    lost: int
    """Acknowledged writes that are not there."""
    unverified: int
    """Acknowledged writes that could not be looked for."""
    stale: Sequence[Stale]
    healthy_after: float
    """From the end of the event's cause until all servers were healthy voters."""
    missing: str
    """What kept the cluster from being healthy when patience ended; empty where it healed."""
    phases: Phases | None
    problems: Sequence[str]
    notes: Mapping[str, str]
    logs: Mapping[str, str]
    """The ends of the servers' logs where the cluster did not heal; else none."""

    @property
    def faults(self) -> list[str]:
        """Why this run is no success; empty where it is."""
        counted = {
            "acknowledged writes lost": self.lost,
            "acknowledged writes could not be looked for": self.unverified,
        }
        found = [f"{number} {what}" for what, number in counted.items() if number]
        if self.stale:
            first = self.stale[0]
            found.append(
                f"{len(self.stale)} stale reads, the first from {first.server}, {first.behind} "
                f"versions behind, {first.seconds:.3f} s after the event"
            )
        if self.missing:
            found.append(f"not healed: {self.missing}")
        return [*found, *self.problems]

    def as_json(self) -> dict[str, Any]:
        """Plain values; downtimes as seconds, as the clock of their ends means nothing later."""
        values = asdict(self)
        for kind, seen in (("writes", self.writes), ("reads", self.reads)):
            values[kind]["downtime"] = seen.downtime.seconds
        return {**values, "faults": self.faults}


@dataclass(frozen=True, slots=True)
class Spread:
    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        found = sorted(values)
        return cls(found[0], statistics.median(found), found[-1])


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold."""

    what: str
    holds: bool
    seen: str = ""
    """What there was instead, or what there was to see."""


class OfDrill(Protocol):
    @property
    def drill(self) -> str: ...


_Run = TypeVar("_Run", bound=OfDrill)


def by_drill(runs: Iterable[_Run]) -> dict[str, list[_Run]]:
    """In the order in which they were run."""
    grouped: dict[str, list[_Run]] = {}
    for run in runs:
        grouped.setdefault(run.drill, []).append(run)
    return grouped
