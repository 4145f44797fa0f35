"""What a run of a recovery drill showed, and whether that is good enough. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from rehearsal.drill.impact import Impact, Retried
from rehearsal.drill.results import Check


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done or waited for."""

    what: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Traffic:
    """What clients noticed from the event to the end."""

    writes: Impact
    retried: Retried
    lost: int
    """Acknowledged writes that are not there."""
    unverified: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one drill. Durations in seconds."""

    drill: str
    number: int
    took: float
    repair: float
    """From the runbook's first command until all servers were healthy voters."""
    steps: Sequence[Step]
    checks: Sequence[Check]
    traffic: Traffic
    may_lose: bool
    """Whether acknowledged writes may be lost: where a majority's disks are gone, they may."""
    missing: str
    """What kept the cluster from being healthy when patience ended."""
    problem: str
    """Why the drill could not be played to its end."""
    notes: Mapping[str, str]
    logs: Mapping[str, str] = field(default_factory=dict)
    """The ends of the servers' logs where the cluster did not heal; else none."""

    @property
    def faults(self) -> list[str]:
        """Why this run is no success; empty where it is."""
        found = [
            f"{check.what}: no" + (f" ({check.seen})" if check.seen else "")
            for check in self.checks
            if not check.holds
        ]
        if self.problem:
            found.append(self.problem)
        if self.traffic.lost and not self.may_lose:
            found.append(f"{self.traffic.lost} acknowledged writes lost")
        if self.traffic.unverified:
            found.append(f"{self.traffic.unverified} acknowledged writes could not be looked for")
        if self.missing:
            found.append(f"not healed: {self.missing}")
        return found

    def as_json(self) -> dict[str, Any]:
        """Plain values; the downtime as seconds, as its clock means nothing later."""
        values = asdict(self)
        values["traffic"]["writes"]["downtime"] = self.traffic.writes.downtime.seconds
        return {**values, "faults": self.faults}
