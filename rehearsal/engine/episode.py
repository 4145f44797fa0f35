"""One scenario, and what it notes down while it is played."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from rehearsal.drill.results import Check
from rehearsal.engine.dump import Difference
from rehearsal.engine.ground import Ground, Progress
from rehearsal.engine.steps import Outcome

_SHOWN = 5
"""How many of what should not be there are named."""


@dataclass
class Episode:
    """What was seen, in order."""

    progress: Progress
    checks: list[Check] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    """What is worth telling besides."""

    def check(self, what: str, holds: bool, seen: object = "") -> None:
        self.checks.append(Check(what, holds, str(seen)))

    def saw(self, outcome: Outcome) -> Outcome:
        """A command of the engine that must succeed."""
        self.watch(outcome)
        complaints = "; ".join((*outcome.violations, *outcome.errors))
        self.check(f"{outcome.command} succeeds", outcome.succeeded, complaints)
        return outcome

    def watch(self, outcome: Outcome) -> Outcome:
        """A command of the engine, however it ended."""
        self.outcomes.append(outcome)
        self.progress(str(outcome))
        return outcome

    def nothing(self, what: str, found: Collection[object]) -> None:
        """There is nothing of this."""
        names = ", ".join(str(one) for one in list(found)[:_SHOWN])
        more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        self.check(what, not found, f"{names}{more}")

    def unchanged(self, outcome: Outcome) -> None:
        """A preview that finds nothing to do."""
        self.saw(outcome)
        self.nothing(f"{outcome.command} finds nothing to change", outcome.changes)

    def same(self, what: str, found: Collection[Difference]) -> None:
        self.nothing(what, found)

    def just(self, outcome: Outcome, **expected: Collection[str]) -> None:
        """Operation -> the names of all resources that it befalls, and none else."""
        for operation in sorted({step.operation for step in outcome.changes} | expected.keys()):
            wanted = frozenset(expected.get(operation, ()))
            seen = outcome.names(operation)
            self.check(
                f"{outcome.command}: {operation} {', '.join(sorted(wanted)) or 'nothing'}",
                seen == wanted,
                ", ".join(sorted(seen)) or "nothing",
            )


@dataclass(frozen=True, slots=True)
class Scenario:
    """Played once, in its place in the run."""

    name: str
    title: str
    play: Callable[[Ground, Episode], None]
    """Raises `RehearsalError` where it cannot go on."""
