"""What a run of a client drill showed, and whether that is good enough. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rehearsal.client_drill.episode import Drill, Episode, Seen
from rehearsal.client_drill.samples import Call, Calls, recovered

LONGEST_P95_SECONDS = 0.05
"""The decision record's criterion for the canary."""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one drill. Durations in seconds."""

    drill: str
    number: int
    secrets: Calls
    sql: Calls
    cached: float
    """Share of the secrets that were served without asking Vault."""
    recovered_after: float
    """From the end of the event's cause to the last call that failed or was served stale."""
    compared: Mapping[str, float]
    """Secrets in a second, one after another: `client`, and `plain` hvac. Or nothing."""
    threads_left: tuple[str, ...]
    connections_left: int

    @classmethod
    def of(cls, drill: Drill, number: int, episode: Episode, seen: Seen) -> Run:
        since = episode.mended or episode.struck
        assert since is not None, f"{drill.name} strikes nothing"
        asked = seen.hits + seen.misses
        return cls(
            drill=drill.name,
            number=number,
            secrets=Calls.of(seen.samples, Call.SECRET),
            sql=Calls.of(seen.samples, Call.SQL),
            cached=seen.hits / asked if asked else 0.0,
            recovered_after=recovered(seen.samples, since),
            compared=seen.compared,
            threads_left=seen.threads_left,
            connections_left=seen.connections_left,
        )

    @property
    def faults(self) -> list[str]:
        """Why this run is no success; empty where it is."""
        counted = {"secrets": self.secrets.errors, "statements": self.sql.errors}
        found = [
            f"{number} {what} failed: {why}"
            for what, errors in counted.items()
            for why, number in errors.items()
        ]
        if self.secrets.latency is None:
            found.append("no secret was served")
        elif self.secrets.latency.p95 > LONGEST_P95_SECONDS:
            found.append(f"P95 of a secret is {self.secrets.latency.p95 * 1000:.1f} ms")
        if self.threads_left:
            found.append(f"threads left after close: {', '.join(self.threads_left)}")
        if self.connections_left:
            found.append(f"{self.connections_left} connections left after close")
        return found

    def as_json(self) -> dict[str, Any]:
        return asdict(self)
