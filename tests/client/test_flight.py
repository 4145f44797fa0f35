"""One at a time for each key."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from vaultstack_client.flight import Flights, StillFlying


def test_whoever_comes_meanwhile_gets_the_same() -> None:
    flights, times, started = Flights(), [0], threading.Event()

    def do() -> int:
        started.set()
        times[0] += 1
        time.sleep(0.1)
        return times[0]

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(flights.run, "key", do)
        started.wait(60)
        others = [pool.submit(flights.run, "key", do) for _ in range(7)]
        assert {each.result(60) for each in (first, *others)} == {1}
    assert flights.run("key", do) == 2


def test_a_failure_is_everybodys() -> None:
    flights, times, started = Flights(), [0], threading.Event()

    def fail() -> None:
        started.set()
        times[0] += 1
        time.sleep(0.1)
        raise LookupError("away")

    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(flights.run, "key", fail)
        started.wait(60)
        others = [pool.submit(flights.run, "key", fail) for _ in range(3)]
        for each in (first, *others):
            with pytest.raises(LookupError, match="away"):
                each.result(60)
    assert times == [1]


def test_keys_do_not_wait_for_each_other() -> None:
    flights, release = Flights(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(flights.run, "slow", lambda: release.wait(60))
        assert flights.run("quick", lambda: 1) == 1
        assert not slow.done()
        release.set()


def test_who_will_not_wait_longer_goes() -> None:
    flights, release, started = Flights(), threading.Event(), threading.Event()

    def do() -> bool:
        started.set()
        return release.wait(60)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(flights.run, "key", do)
        started.wait(60)
        with pytest.raises(StillFlying):
            flights.run("key", lambda: False, patience=0.01)
        release.set()


def test_an_interrupted_one_is_done_by_the_next() -> None:
    flights, started, release = Flights(), threading.Event(), threading.Event()

    def interrupted() -> int:
        started.set()
        release.wait(60)
        raise KeyboardInterrupt

    def lead() -> str:
        try:
            flights.run("key", interrupted)
        except KeyboardInterrupt:
            return "interrupted"
        return "?"

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(lead)
        started.wait(60)
        second = pool.submit(flights.run, "key", lambda: 2)
        time.sleep(0.05)
        release.set()
        assert second.result(60) == 2
        assert first.result(60) == "interrupted"
