"""Results of drills, made by hand."""

from __future__ import annotations

from typing import Any

from rehearsal.drill.impact import Gap, Impact, Retried
from rehearsal.drill.phases import Phases
from rehearsal.drill.results import Run

PHASES = Phases(1.5, 0.4, 0.01, 0.05, 0.03, refused=1, repeated=0)


def run_of(drill: str = "step-down", number: int = 1, out: float = 0.6, **changes: Any) -> Run:
    """A run that is a success, but for the changes."""
    impact = Impact(100, 90, Gap(10.0, 10.0 + out), {"connection refused": 7, "500": 3})
    values: dict[str, Any] = {
        "took": 5.0,
        "writes": impact,
        "reads": impact,
        "retried": Retried(50, 0, out),
        "lost": 0,
        "unverified": 0,
        "stale": (),
        "healthy_after": 2.0,
        "missing": "",
        "phases": None,
        "problems": (),
        "notes": {},
        "logs": {},
    }
    return Run(drill, number, **{**values, **changes})
