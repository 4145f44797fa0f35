"""Rounds follow from their seeds alone, and end when it is enough."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from rehearsal.fuzz import run
from rehearsal.fuzz.results import Kind, Results, Round
from rehearsal.fuzz.run import Enough, fuzz, kind_of
from tests.rehearsal.fuzz import made

NOBODY: Any = None


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Kind, float]]:
    """Kind and first random number of every round; none asks anybody."""
    drawn = list[tuple[Kind, float]]()

    def compare(kind: Kind) -> run.Compare:
        def one(_oracle: Any, _people: Any, random: Random) -> Round:
            drawn.append((kind, random.random()))
            return Round(100, 1, (made.FOUND,) if kind is Kind.TEXTS else ())

        return one

    monkeypatch.setattr(run, "_COMPARE", {kind: compare(kind) for kind in Kind})
    return drawn


def fuzzed(seed: int, **enough: float) -> Results:
    limits: Any = enough
    return fuzz(NOBODY, NOBODY, seed, Enough(**limits), lambda _: None)


def test_all_kinds_take_turns() -> None:
    assert {kind_of(seed) for seed in range(8)} == set(Kind)
    assert [kind_of(seed) for seed in range(8)] == [kind_of(seed) for seed in range(80, 88)]


def test_a_round_can_be_seen_again_by_its_seed(drawn: list[tuple[Kind, float]]) -> None:
    fuzzed(40, rounds=8)
    together = list(drawn)
    drawn.clear()
    for seed in range(40, 48):
        fuzzed(seed, rounds=1)
    assert drawn == together
    assert len(set(drawn)) == 8


@pytest.mark.usefixtures("drawn")
def test_a_difference_is_told_with_its_rounds_seed() -> None:
    results = fuzzed(0, rounds=8)
    assert results.tallies[Kind.TEXTS].differences == [(7, made.FOUND)]


@pytest.mark.usefixtures("drawn")
def test_it_ends_when_it_is_enough() -> None:
    assert fuzzed(1, rounds=3).rounds == 3
    assert fuzzed(1, answers=250).compared == 300
    assert fuzzed(1, rounds=3, answers=100, seconds=99).rounds == 1
    assert fuzzed(1, rounds=10**9, seconds=0.01).rounds > 0


@pytest.mark.usefixtures("drawn")
def test_progress_is_told_after_every_round() -> None:
    told = list[int]()
    fuzz(NOBODY, NOBODY, 1, Enough(rounds=3), lambda results: told.append(results.rounds))
    assert told == [1, 2, 3]
