"""Time in tests: a clock that only who sleeps moves, and a wait for what comes true by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

EPOCH: Final = 1_800_000_000.0
"""What the time of day is when the clock shows 0."""
_PATIENCE_SECONDS: Final = 60.0
"""Which a busy machine does not exhaust."""
_LOOK_EVERY_SECONDS: Final = 0.005


@dataclass
class Clock:
    """Stands for the module `time`: only who sleeps lets time pass."""

    now: float = 0.0

    def monotonic(self) -> float:
        return self.now

    def time(self) -> float:
        return EPOCH + self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def wait_until(true: Callable[[], object]) -> None:
    """By the real clock, for what another thread or process does."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(_LOOK_EVERY_SECONDS)
