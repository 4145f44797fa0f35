"""Gaps, counts and stale reads, from what clients saw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.drill.impact import (
    Gap,
    Insisted,
    Operation,
    Sample,
    Stale,
    impact,
    longest_gap,
    retried,
    stale_reads,
)

WRITE, READ = Operation.WRITE, Operation.READ
TIMES = st.lists(st.floats(0, 100), max_size=30)


def test_the_gap_is_the_longest_between_two_successes() -> None:
    assert longest_gap([1.0, 2.0, 5.0, 5.5], 0.5, 6.0) == Gap(2.0, 5.0)


def test_the_order_of_the_successes_does_not_matter() -> None:
    assert longest_gap([5.0, 1.0, 2.0], 0.5, 5.5) == Gap(2.0, 5.0)


@pytest.mark.parametrize(
    ("successes", "gap"),
    [
        ([], Gap(0.0, 10.0)),
        ([4.0], Gap(4.0, 10.0)),
        ([6.0], Gap(0.0, 6.0)),
        ([-5.0, 15.0], Gap(0.0, 10.0)),
    ],
)
def test_what_never_came_back_is_out_until_the_end(successes: list[float], gap: Gap) -> None:
    assert longest_gap(successes, 0.0, 10.0) == gap


@given(TIMES, st.floats(0, 50), st.floats(50, 100))
def test_a_gap_holds_no_success_and_is_as_long_as_can_be(
    times: list[float], begin: float, end: float
) -> None:
    gap = longest_gap(times, begin, end)
    assert begin <= gap.began <= gap.ended <= end
    assert not any(gap.began < moment < gap.ended for moment in times)
    within = sum(begin <= moment <= end for moment in times)
    assert gap.seconds >= (end - begin) / (within + 1) - 1e-9


@given(TIMES, st.floats(0, 100))
def test_one_more_success_never_makes_a_gap_longer(times: list[float], more: float) -> None:
    assert longest_gap([*times, more], 0, 100).seconds <= longest_gap(times, 0, 100).seconds


def test_writes_and_reads_are_counted_apart() -> None:
    samples = [
        Sample(WRITE, "a", 1.0),
        Sample(WRITE, "b", 2.0, "connection refused"),
        Sample(WRITE, "b", 2.1, "no answer in time"),
        Sample(WRITE, "b", 2.2, "no answer in time"),
        Sample(WRITE, "a", 3.0),
        Sample(READ, "a", 2.0),
    ]
    seen = impact(samples, WRITE, 0.5, 3.5)
    assert (seen.sent, seen.succeeded, seen.downtime) == (5, 2, Gap(1.0, 3.0))
    assert list(seen.errors.items()) == [("no answer in time", 2), ("connection refused", 1)]
    assert impact(samples, READ, 0.5, 3.5).errors == {}


def test_a_client_that_retries_counts_requests_not_attempts() -> None:
    requests = [
        Insisted("a", 0.0, 0.1, 1),
        Insisted("b", 1.0, 3.5, 9),
        Insisted("b", 4.0, 9.0, 5, failed=True),
    ]
    seen = retried(requests)
    assert (seen.requests, seen.failed, seen.slowest_seconds) == (3, 1, 5.0)
    assert retried([]).slowest_seconds == 0


def test_stale_reads_of_both_clients_are_told_by_time() -> None:
    samples = [Sample(READ, "a", 12.0, behind=2), Sample(READ, "b", 13.0)]
    requests = [Insisted("c", 10.0, 11.0, 1, behind=1), Insisted("c", 11.0, 12.0, 1)]
    assert stale_reads(samples, requests, 10.0) == (Stale("c", 1.0, 1), Stale("a", 2.0, 2))
