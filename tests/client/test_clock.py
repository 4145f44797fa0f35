"""Ends on two clocks, and deadlines."""

from __future__ import annotations

import math

import pytest

from tests.client.fake_vault import MovableClock
from vaultstack_client.clock import NEVER, Deadline, End, Instant, SystemClock

START = Instant(steady=100.0, wall=1_000_000.0)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (Instant(160, 1_000_060), 0),
        (Instant(130, 1_000_030), 30),
        (Instant(130, 1_000_090), -30),  # the wall clock noticed a sleep, or was set forward
        (Instant(190, 1_000_030), -30),  # it was set back
        (Instant(130, 900_000), 30),
    ],
)
def test_an_end_has_come_when_either_clock_says_so(now: Instant, left: float) -> None:
    assert End.after(START, 60).left(now) == left


def test_what_merely_grows_old_does_not_care_for_the_wall_clock() -> None:
    assert End.of_age(START, 60).left(Instant(130, 9_000_000)) == 30


def test_what_never_ends() -> None:
    assert NEVER.left(START) == math.inf
    assert NEVER.shown(START) is None
    assert NEVER.earlier(End.after(START, 1)) == End.after(START, 1)


def test_an_end_is_shown_by_the_wall_clock() -> None:
    shown = End.after(START, 60).shown(START)
    assert shown is not None
    assert shown.timestamp() == 1_000_060


def test_the_machines_clocks_move_forward() -> None:
    clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert second.steady >= first.steady
    assert second.wall > 1_700_000_000


def test_a_deadline_is_never_less_than_now() -> None:
    clock = MovableClock()
    deadline = Deadline.within(clock, 10)
    assert 9 < deadline.left <= 10
    clock.jump(1000)
    assert deadline.left > 9
    clock.pass_(11)
    assert deadline.left == 0
