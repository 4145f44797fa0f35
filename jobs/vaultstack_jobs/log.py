"""One JSON line per step, for the log collector: what, which version, who. Never a value.

Nothing else is written to standard output. Field values are numbers, names and times only; whoever
calls passes no secret, and no object that could hold one.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TextIO

from vaultstack_jobs.clock import Clock, to_text

Fact = str | int | bool | list[str] | None


@unique
class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Log:
    """The steps of one job."""

    job: str
    clock: Clock = field(default_factory=Clock)
    stream: TextIO = field(default_factory=lambda: sys.stdout)
    kind: str = "rotation"
    """What the job's name stands behind in each line."""

    def step(self, step: str, /, *, level: Level = Level.INFO, **facts: Fact) -> None:
        """Write one line. `step` is a word or two that stay the same: alerts match them."""
        line = {
            "time": to_text(self.clock.now()),
            "level": level.value,
            self.kind: self.job,
            "step": step,
            **facts,
        }
        self.stream.write(json.dumps(line, ensure_ascii=True) + "\n")
        self.stream.flush()

    def warning(self, step: str, /, **facts: Fact) -> None:
        self.step(step, level=Level.WARNING, **facts)
