"""How well Vault answers whoever reads one secret, over a while: the canary's criteria as figures.

Each question is a connection of its own where the one before was lost, as an application's is. The
values are not looked at. What fails counts as long as it would have failed an application that
asks every time; one with a cache would not notice (client/README.md).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from policies.lifetime import Duration


@dataclass(frozen=True, slots=True)
class Measured:
    """`milliseconds`: of the questions that were answered, in the order of asking."""

    asked: int
    milliseconds: tuple[float, ...]
    failures: tuple[str, ...]
    """Why each of the others was not."""

    @property
    def answered_percent(self) -> float:
        return 100 * len(self.milliseconds) / self.asked

    def percentile(self, percent: int) -> float:
        """The time within which this part of the answers came; endless where there is none."""
        return percentile(self.milliseconds, percent)


def measure(
    ask: Callable[[], str | None],
    length: Duration,
    every_seconds: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Measured:
    """Ask until the time is over, at least once. `ask` returns why there was no answer, or None.

    A question that takes longer than the pause delays the next, and is one; it is not made up for.
    """
    end = clock() + length.seconds
    answered, failures = list[float](), list[str]()
    while True:
        started = clock()
        if failure := ask():
            failures.append(failure)
        else:
            answered.append((clock() - started) * 1000)
        pause = every_seconds - (clock() - started)
        if clock() + max(pause, 0) >= end:
            return Measured(len(answered) + len(failures), tuple(answered), tuple(failures))
        if pause > 0:
            sleep(pause)


def percentile(values: Sequence[float], percent: int) -> float:
    """By the nearest rank: a value that was measured, never one between two."""
    if not values:
        return math.inf
    return sorted(values)[math.ceil(len(values) * percent / 100) - 1]
