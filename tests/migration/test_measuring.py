from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from migration.measuring import Measured, measure, percentile
from policies.lifetime import Duration
from tests.clock import Clock


def measured(ask: Callable[[Clock], str | None], seconds: int, every: float) -> Measured:
    clock = Clock()
    return measure(
        lambda: ask(clock), Duration(seconds), every, clock=clock.monotonic, sleep=clock.sleep
    )


def test_it_asks_at_the_pace_that_is_asked_for() -> None:
    found = measured(lambda clock: clock.sleep(0.01), 10, 1.0)
    assert found.asked == 10
    assert found.answered_percent == 100
    assert all(one == pytest.approx(10) for one in found.milliseconds)


def test_at_least_once() -> None:
    assert measured(lambda clock: clock.sleep(5), 1, 1.0).asked == 1


def test_a_slow_question_is_one_and_not_made_up_for() -> None:
    times = iter([3.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = measured(lambda clock: clock.sleep(next(times)), 6, 1.0)
    assert found.asked == 4
    assert max(found.milliseconds) == pytest.approx(3500)


def test_failures_have_no_time_and_lower_the_share() -> None:
    answers = iter(["sealed", None, None, "sealed"])
    found = measured(lambda _: next(answers), 4, 1.0)
    assert (found.asked, len(found.milliseconds), found.answered_percent) == (4, 2, 50)
    assert found.failures == ("sealed", "sealed")


@pytest.mark.parametrize(("percent", "value"), [(50, 2.0), (95, 4.0), (100, 4.0), (25, 1.0)])
def test_percentiles_are_values_that_were_measured(percent: int, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == value


def test_without_answers_it_took_for_ever() -> None:
    assert Measured(1, (), ("sealed",)).percentile(95) == math.inf
