"""Results that nobody measured."""

from __future__ import annotations

from rehearsal.fuzz.results import Difference, Kind, Pace, Results, Round

FOUND = Difference("capabilities of 'a/[b]'", "['read']", "['deny']", {"p1": 'path "a" {}'})


def results(*differences: Difference) -> Results:
    made = Results(seed=7, rounds=2, pace=Pace(300_000, 2_000, 30_000))
    made.tallies[Kind.CAPABILITIES].add(7, Round(1_000, 250, differences), 0.5)
    made.tallies[Kind.TEXTS].add(8, Round(10, 4, (), {"nested deeper": 3}), 0.1)
    return made
