"""What is counted over all runs."""

from __future__ import annotations

import dataclasses

import pytest

from rehearsal.load.results import DEPLOYED, Series
from tests.rehearsal.load import made


def test_rounds_are_taken_together() -> None:
    series = made.series(DEPLOYED, 10, 20)
    assert len(series.latency) == 2 * made.PACE.planned
    assert series.latency.longest == pytest.approx(20)
    assert series.per_second == 99.0


def test_a_run_without_audit_lacks_nothing() -> None:
    assert made.measured(1, audit=False).recorded
    assert made.measured(1).recorded
    assert not made.measured(1, lost=1).recorded


def test_everything_is_counted() -> None:
    good = made.results()
    assert (good.failed, good.missed, good.unrecorded) == (0, 0, 0)
    assert len(list(good.all)) == 4 * 2 + 2 + 3
    bad = Series(
        DEPLOYED,
        (made.measured(1, lost=1, codes={200: 996, 500: 4}), made.measured(1, number=990)),
    )
    found = made.results(bad)
    assert (found.failed, found.missed, found.unrecorded) == (4, 10, 1)


def test_what_is_not_compared_at_a_rate_misses_nothing() -> None:
    slow = dataclasses.replace(made.results().operations[0], measured=made.measured(1, number=500))
    assert dataclasses.replace(made.results(), operations=(slow,)).missed == 0


def test_an_operation_is_timed_from_sending() -> None:
    timed = made.results().operations[0]
    late = dataclasses.replace(timed.measured.run, latency=made.latencies(1000))
    measured = dataclasses.replace(timed.measured, run=late)
    assert dataclasses.replace(timed, measured=measured).latency == timed.measured.run.service
