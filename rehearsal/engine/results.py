"""What a scenario showed. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rehearsal.drill.results import Check
from rehearsal.engine.steps import Outcome


@dataclass(frozen=True, slots=True)
class Run:
    """One scenario that was played."""

    drill: str
    number: int
    took: float
    """Seconds."""
    checks: Sequence[Check]
    outcomes: Sequence[Outcome]
    notes: Mapping[str, str]
    problem: str = ""
    """Why it could not be played to its end; empty where it was."""

    @property
    def faults(self) -> list[str]:
        """Why it is no success; empty where it is."""
        found = [
            f"{one.what}: {one.seen}" if one.seen else one.what
            for one in self.checks
            if not one.holds
        ]
        return [*found, self.problem] if self.problem else found

    def as_json(self) -> dict[str, Any]:
        """Plain values, without secrets."""
        return {
            "drill": self.drill,
            "number": self.number,
            "took": self.took,
            "checks": [asdict(one) for one in self.checks],
            "commands": [
                {
                    "command": one.command,
                    "seconds": one.seconds,
                    "succeeded": one.succeeded,
                    "steps": dict(one.counts),
                    "changes": [str(step) for step in one.changes],
                }
                for one in self.outcomes
            ],
            "notes": dict(self.notes),
            "faults": self.faults,
        }
