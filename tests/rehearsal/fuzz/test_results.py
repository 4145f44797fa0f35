"""Rounds add up."""

from __future__ import annotations

from rehearsal.fuzz.results import Kind, Pace, Results, Round, Tally
from tests.rehearsal.fuzz import made


def test_a_tally_adds_rounds_and_keeps_the_seed_of_a_difference() -> None:
    tally = Tally()
    tally.add(1, Round(10, 4, (), {"a": 1}), 1.0)
    tally.add(2, Round(5, 5, (made.FOUND,), {"a": 2, "b": 1}), 0.5)
    assert (tally.compared, tally.granted, tally.seconds) == (15, 9, 1.5)
    assert tally.differences == [(2, made.FOUND)]
    assert tally.apart == {"a": 3, "b": 1}


def test_results_add_up_what_was_compared() -> None:
    results = made.results(made.FOUND, made.FOUND)
    assert (results.compared, results.differed) == (1_010, 2)


def test_results_share_nothing() -> None:
    one, other = Results(1), Results(1)
    one.tallies[Kind.TEXTS].add(1, Round(1, 1, ()), 0.1)
    assert other.compared == 0


def test_the_ratio_is_to_asking_one_by_one() -> None:
    assert Pace(300, 3, 30).ratio == 100
