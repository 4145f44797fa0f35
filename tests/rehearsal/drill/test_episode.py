"""One run of one drill: what is measured, what is noted, and how long is waited."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal import supervisor
from rehearsal.drill import episode as module
from rehearsal.drill.episode import Episode, Ground, Moment
from rehearsal.drill.traffic import Traffic
from tests.clock import EPOCH, Clock


class FakeTraffic(Traffic):
    """Flows between two moments."""

    def __init__(self, clock: Clock, since: float, until: float = float("inf")) -> None:
        self._clock, self._since, self._until = clock, since, until

    def flows(self, _seconds: float = 1.0) -> bool:
        return self._since <= self._clock.now < self._until


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock(100.0)
    for user in (module, supervisor):
        monkeypatch.setattr(user, "time", clock)
    return clock


def begun(clock: Clock, flows_since: float = 0.0, until: float = float("inf")) -> Episode:
    nothing: Any = None
    ground = Ground(nothing, nothing, nothing)
    return Episode(ground, FakeTraffic(clock, flows_since, until), "outage-1")


def test_the_event_has_its_time_on_both_clocks(clock: Clock) -> None:
    episode = begun(clock)
    assert (episode.struck, episode.mended) == (None, None)
    episode.strike()
    clock.sleep(2)
    episode.mend()
    assert episode.struck == Moment(100.0, EPOCH + 100)
    assert episode.mended == Moment(102.0, EPOCH + 102)


def test_one_event_is_measured(clock: Clock) -> None:
    episode = begun(clock)
    episode.strike()
    with pytest.raises(AssertionError, match="one event is measured"):
        episode.strike()


def test_what_does_not_hold_is_a_problem(clock: Clock) -> None:
    episode = begun(clock)
    episode.expect(True, "never said")
    episode.expect(False, "a stranger was let in")
    assert episode.problems == ["a stranger was let in"]
    assert begun(clock).problems == [], "each run has its own"


def test_traffic_that_never_stopped_is_watched_for_a_second(clock: Clock) -> None:
    """The second that it is judged by may else lie before the event."""
    episode = begun(clock)
    episode.until_flowing()
    assert clock.now == pytest.approx(101, abs=0.1)
    assert episode.problems == []


def test_traffic_is_waited_for(clock: Clock) -> None:
    episode = begun(clock, flows_since=130.0)
    episode.until_flowing()
    assert clock.now == pytest.approx(130, abs=0.1)
    assert episode.problems == []


@pytest.mark.parametrize("until", [100.0, 100.5])
def test_traffic_that_does_not_flow_again_is_a_problem_after_a_minute(
    until: float, clock: Clock
) -> None:
    episode = begun(clock, until=until)
    episode.until_flowing()
    assert clock.now == pytest.approx(160, abs=0.1)
    assert episode.problems == ["writes did not succeed again within a minute"]
