"""What is known to be away, and when it is tried again."""

from __future__ import annotations

import pytest

from vaultstack_client import Timing, Unavailable
from vaultstack_client.clock import Instant
from vaultstack_client.outages import Outages

START = Instant(0, 0)
AWAY = Unavailable("sealed")
OWN = Unavailable("its database", everywhere=False)


@pytest.fixture
def outages() -> Outages:
    return Outages(Timing())


def at(seconds: float) -> Instant:
    return Instant(seconds, seconds)


def test_nothing_is_known_at_first(outages: Outages) -> None:
    assert not outages.vault_away
    assert not outages.waiting("a", START)
    assert not outages.bridged("a", START)


def test_a_failure_of_everything_is_everybodys(outages: Outages) -> None:
    outages.failed("a", AWAY, START)
    assert outages.vault_away
    for key in ("a", "b"):
        assert outages.waiting(key, START)
        assert outages.bridged(key, START)


def test_a_failure_of_one_is_only_its_own(outages: Outages) -> None:
    outages.failed("a", OWN, START)
    assert not outages.vault_away
    assert outages.waiting("a", START)
    assert not outages.waiting("b", START)
    assert not outages.bridged("b", START)


def test_an_answer_ends_it(outages: Outages) -> None:
    outages.failed("a", AWAY, START)
    outages.answered("b")
    assert not outages.vault_away
    assert outages.waiting("a", START), "its own turn comes"
    outages.answered("a")
    assert not outages.waiting("a", START)


def test_pauses_grow_to_a_bound(outages: Outages) -> None:
    pauses = []
    for _ in range(12):
        outages.failed("a", AWAY, START)
        pauses.append(outages.again_at("a"))
    assert 0.2 <= pauses[0] <= 0.4
    assert 0.4 <= pauses[1] <= 0.8
    assert all(1 <= pause <= 2 for pause in pauses[5:])


def test_an_older_answer_is_given_while_the_background_tries(outages: Outages) -> None:
    outages.failed("a", AWAY, START)
    again = outages.again_at("a")
    assert not outages.waiting("a", at(again))
    assert outages.bridged("a", at(again + 9)), "the try is the background's, and may take its time"
    assert not outages.bridged("a", at(again + 16)), "which seems to hang"


def test_what_vault_denies_is_its_own_and_not_tried_as_often(outages: Outages) -> None:
    outages.failed("b", AWAY, START)
    outages.denied("a", START, left=600)
    assert not outages.vault_away, "it said so"
    assert outages.waiting("a", START)
    for _ in range(12):
        outages.denied("a", START, left=600)
    assert 30 <= outages.again_at("a") <= 60


def test_what_vault_denies_is_tried_more_often_towards_the_end(outages: Outages) -> None:
    for _ in range(12):
        outages.denied("a", START, left=20)
    assert 5 <= outages.again_at("a") <= 10
    outages.denied("a", START, left=0.01)
    assert 0.05 <= outages.again_at("a") <= 0.1, "but never without a pause"
