"""What a rolling change tells while it goes on: for the terminal, and as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import TextIO

from vaultstack_jobs.clock import to_text

Fact = str | int | float | bool | list[str]


@unique
class Step(StrEnum):
    """What happened. Stays the same from release to release: logs are searched for it."""

    PLANNED = "planned"
    BEGAN = "began"
    WAITS = "waits"
    HANDS_OVER = "hands over"
    ENDS = "ends"
    LEADS = "leads"
    BACK = "back"
    SETTLED = "settled"
    DONE = "done"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Event:
    step: Step
    server: str = ""
    words: str = ""
    facts: dict[str, Fact] = field(default_factory=dict)

    def as_json(self, at: datetime) -> str:
        """One line."""
        line: dict[str, Fact] = {"time": to_text(at), "step": self.step.value}
        if self.server:
            line["server"] = self.server
        if self.words:
            line["words"] = self.words
        return json.dumps({**line, **self.facts}, ensure_ascii=True)


Tell = Callable[[Event], None]


def lines_to(stream: TextIO, now: Callable[[], datetime]) -> Tell:
    """Writes each event as it comes."""

    def tell(event: Event) -> None:
        stream.write(event.as_json(now()) + "\n")
        stream.flush()

    return tell
