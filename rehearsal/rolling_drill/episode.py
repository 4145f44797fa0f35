"""One run of one drill: what it may touch, and what it notes down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rehearsal.binaries import Tool
from rehearsal.rolling_drill.ground import Ground
from rehearsal.rolling_drill.results import Replaced
from rehearsal.rolling_drill.rolls import Rolling


@dataclass
class Episode:
    """What a drill is given."""

    ground: Ground
    began: float = field(default_factory=time.monotonic)
    rolls: list[Rolling] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)

    def roll(self, *arguments: str, token: str = "") -> Rolling:
        """Begin a run of the command. `token`: instead of an operator's."""
        self.rolls.append(self.ground.console.roll(*arguments, token=token))
        return self.rolls[-1]

    def expect(self, truth: bool, problem: str) -> None:
        """What must hold, or the run is no success."""
        if not truth:
            self.problems.append(problem)

    def must_end(self, rolling: Rolling, status: int, saying: str = "") -> None:
        """Wait for it, and look at how it ended."""
        ended = rolling.wait()
        self.expect(ended == status, f"the command ended with {ended}, not {status}")
        said = " ".join(rolling.said.split())
        self.expect(saying in said, f"the command did not say {saying!r}")

    def uids(self) -> dict[str, str]:
        return self.ground.node.uids()

    def replaced(self, leader: str) -> list[Replaced]:
        """In the order in which they were. `leader`: who led before."""
        found: list[Replaced] = []
        for rolling in self.rolls:
            back, settled = rolling.seconds("back"), rolling.seconds("settled")
            found += [
                Replaced(name, name == leader, seconds, settled.get(name, seconds))
                for name, seconds in back.items()
            ]
        return found


@dataclass(frozen=True, slots=True)
class Drill:
    """A rolling change, and what becomes of it."""

    name: str
    title: str
    play: Callable[[Episode], None]
    to: Tool | None = None
    """The version that it upgrades to, from the pinned one."""
