from __future__ import annotations

from tests.upkeep.rolling.world import World
from upkeep.errors import UpkeepError
from upkeep.rolling.driver import AwayError, Driver
from upkeep.rolling.live import LiveDriver


def test_what_plays_the_world_meets_what_is_needed_of_it() -> None:
    driver: Driver = World()
    kind: type[Driver] = LiveDriver
    assert driver.look().servers
    assert kind


def test_being_away_is_told_apart_from_being_refused() -> None:
    assert issubclass(AwayError, UpkeepError)
