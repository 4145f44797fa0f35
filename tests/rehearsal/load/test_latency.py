"""Percentiles are exact: checked against their definition."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.load.latency import Distribution, ratio

SECONDS = st.lists(st.floats(0, 10, allow_nan=False), min_size=1, max_size=300)
PERCENT = st.floats(0.1, 100)


@given(SECONDS, PERCENT)
def test_a_percentile_is_the_least_that_so_many_do_not_exceed(
    seconds: list[float], percent: float
) -> None:
    latency = Distribution.of_seconds(seconds)
    reached = latency.percentile(percent)
    within = sum(value <= reached for value in latency.milliseconds)
    below = sum(value < reached for value in latency.milliseconds)
    wanted = percent * len(seconds) / 100
    assert within >= wanted - 1e-6
    assert below < wanted + 1e-6


def test_percentiles_of_a_thousand() -> None:
    latency = Distribution.of_seconds(value / 1000 for value in range(1000, 0, -1))
    found = [latency.percentile(percent) for percent in (50, 95, 99, 99.9, 100)]
    assert found == [500, 950, 990, 999, 1000]
    assert latency.longest == 1000


@pytest.mark.parametrize("percent", [0, -1, 100.1])
def test_there_is_no_such_percentile(percent: float) -> None:
    with pytest.raises(ValueError, match=r"above 0 and at most 100"):
        Distribution.of_seconds([1.0]).percentile(percent)


def test_nothing_can_be_said_of_nothing() -> None:
    with pytest.raises(ValueError, match=r"at least one request"):
        Distribution.of_seconds([])


@given(st.lists(SECONDS, min_size=1, max_size=4))
def test_rounds_together_are_all_their_requests(rounds: list[list[float]]) -> None:
    parts = [Distribution.of_seconds(seconds) for seconds in rounds]
    together = Distribution.together(parts)
    assert len(together) == sum(map(len, rounds))
    assert together.longest == max(part.longest for part in parts)
    assert list(together.milliseconds) == sorted(together.milliseconds)


@given(SECONDS)
def test_a_curve_rises_and_ends_where_single_requests_begin(seconds: list[float]) -> None:
    latency = Distribution.of_seconds(seconds)
    curve = latency.curve(50)
    assert curve == sorted(curve)
    assert all(0 < percent < 100 for percent, _ in curve)
    assert all(ms == latency.percentile(percent) for percent, ms in curve)
    if len(seconds) > 1:
        last = 100 - curve[-1][0]
        assert math.isclose(last, 100 / len(seconds), rel_tol=1e-6)


def test_ratios() -> None:
    assert ratio(3, 2) == 1.5
    with pytest.raises(ValueError, match=r"compared with 0"):
        ratio(1, 0)
