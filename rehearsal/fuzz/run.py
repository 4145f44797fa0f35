"""Round after round of comparisons, until it is enough.

A round is made from its seed alone, which also says what is compared: so a difference can be seen
again by running that one round.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final, TypeAlias

from rehearsal.fuzz import capabilities, differences, operations, texts
from rehearsal.fuzz.people import People
from rehearsal.fuzz.results import Kind, Results, Round
from rehearsal.fuzz.vault import Oracle

Compare: TypeAlias = Callable[[Oracle, People, Random], Round]
Progress: TypeAlias = Callable[[Results], None]

_COMPARE: Final[Mapping[Kind, Compare]] = {
    Kind.CAPABILITIES: capabilities.compare,
    Kind.TEXTS: texts.compare,
    Kind.OPERATIONS: operations.compare,
    Kind.DIFFERENCES: differences.compare,
}
_TURNS: Final = (
    *[Kind.CAPABILITIES] * 3,
    Kind.OPERATIONS,
    *[Kind.CAPABILITIES] * 2,
    Kind.DIFFERENCES,
    Kind.TEXTS,
)


@dataclass(frozen=True, slots=True)
class Enough:
    """When to stop: what comes first. Zero is no limit."""

    seconds: float = 0
    answers: int = 0
    rounds: int = 0

    def reached(self, results: Results, seconds: float) -> bool:
        return any(
            limit and done >= limit
            for done, limit in (
                (seconds, self.seconds),
                (results.compared, self.answers),
                (results.rounds, self.rounds),
            )
        )


def kind_of(seed: int) -> Kind:
    return _TURNS[seed % len(_TURNS)]


def fuzz(oracle: Oracle, people: People, seed: int, enough: Enough, progress: Progress) -> Results:
    """Compare until `enough`; `progress` is called after every round. Differences stop nothing."""
    results = Results(seed)
    started = last = time.perf_counter()
    while not enough.reached(results, last - started):
        current = seed + results.rounds
        kind = kind_of(current)
        # The numbers are to try things with, not to keep secrets.
        found = _COMPARE[kind](oracle, people, Random(current))  # noqa: S311
        now = time.perf_counter()
        results.tallies[kind].add(current, found, now - last)
        results.rounds += 1
        last = now
        progress(results)
    return results
