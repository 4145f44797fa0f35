"""Every rule of a rolling change, on a cluster in memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.upkeep.rolling.world import (
    NEW,
    UNSEALS_AFTER_SECONDS,
    World,
    look,
    sealed,
    servers,
    target,
)
from upkeep.errors import UpkeepError
from upkeep.rolling.driver import AwayError
from upkeep.rolling.model import Peer
from upkeep.rolling.plan import make_plan
from upkeep.rolling.roll import HandOver, Pace, Roll, StoppedError

PACE = Pace(patience=120, settle=10, bears=15, look_every=1)


def roll(
    world: World,
    hand_over: HandOver = HandOver.END,
    hold: Callable[[], None] = lambda: None,
    pace: Pace = PACE,
) -> Roll:
    plan = make_plan(world.now, {})
    return Roll(world, plan, world.clock, world.told.append, hold, pace=pace, hand_over=hand_over)


def stops(world: World, why: str, **options: Callable[[], None]) -> str:
    with pytest.raises(StoppedError, match=why) as stopped:
        roll(world, **options).run()  # type: ignore[arg-type]
    assert ("stopped", world.told[-1].server) == world.steps[-1]
    return str(stopped.value)


def test_every_server_once_the_leader_last() -> None:
    world = World(look(*servers(5, leader=2)))
    roll(world).run()
    assert world.ended == ["vault-4", "vault-3", "vault-1", "vault-0", "vault-2"]
    assert all(one.pod and one.pod.revision == NEW for one in world.now.servers)
    assert world.stepped_down == []
    assert world.steps[-1] == ("done", "")


def test_what_it_tells_of_a_standby_and_of_the_leader() -> None:
    world = World()
    roll(world).run()
    of_a_standby = [step for step, name in world.steps if name == "vault-1"]
    assert of_a_standby == ["began", "ends", "back", "settled"]
    assert world.steps.index(("ends", "vault-0")) < world.steps.index(("leads", "vault-2"))
    (back,) = (e for e in world.told if e.step.value == "back" and e.server == "vault-1")
    assert back.facts == {"seconds": 8.0}


def test_the_leader_steps_down_before_it_ends_where_that_is_asked_for() -> None:
    world = World()
    roll(world, HandOver.STEP_DOWN).run()
    assert world.stepped_down == ["vault-0"]
    assert world.steps.index(("leads", "vault-2")) < world.steps.index(("ends", "vault-0"))


def test_the_next_waits_until_all_was_well_for_long_enough() -> None:
    ended: list[float] = []
    world = World()
    world.at_look = lambda w: ended.append(w.clock.passed) if len(w.ended) > len(ended) else None
    roll(world).run()
    assert ended[0] >= PACE.settle
    assert ended[1] - ended[0] >= PACE.settle + UNSEALS_AFTER_SECONDS


def test_what_is_not_well_for_a_moment_starts_the_wait_anew() -> None:
    world = World()

    def flicker(given: World) -> None:
        healthy = given.clock.passed != 7
        given.change("vault-1", peer=Peer(voter=True, healthy=healthy))

    world.at_look = flicker
    run = roll(world)
    run.run()
    (first, *_) = (e for e in world.told if e.step.value == "began")
    assert world.steps[0] == ("waits", "vault-2")
    assert "vault-1 is unhealthy" in world.told[0].words
    assert world.told.index(first) == 1


def test_a_server_must_catch_up_with_what_was_committed_before_the_next() -> None:
    world = World()

    def behind(given: World) -> None:
        two = given.now["vault-2"]
        if given.ended == ["vault-2"] and two.said:
            applied = 99 if given.clock.passed < 60 else 100
            given.change("vault-2", said=replace(two.said, applied=applied))

    world.at_look = behind
    roll(world).run()
    waits = [e for e in world.told if e.words == "vault-2 has not caught up"]
    assert len(waits) == 1
    (began,) = (e for e in world.told if e.step.value == "began" and e.server == "vault-1")
    assert world.told.index(began) > world.told.index(waits[0])


def test_it_stops_when_another_server_is_sealed_and_says_how_to_go_on() -> None:
    world = World(look(*servers(5)))

    def seal(given: World) -> None:
        if given.ended == ["vault-4", "vault-3"]:
            given.change("vault-1", said=sealed(given.now["vault-1"]).said)

    world.at_look = seal
    said = stops(world, "stopped at vault-3: the margin is lost: vault-1 is sealed")
    assert "Done: vault-4. Left: vault-3, vault-2, vault-1 and vault-0." in said
    assert "run the same command again" in said
    assert world.ended == ["vault-4", "vault-3"]


def test_it_stops_when_another_server_is_silent_for_too_long() -> None:
    world = World()

    def silence(given: World) -> None:
        if given.ended:
            given.change("vault-1", said=None, silent="connection refused")

    world.at_look = silence
    stops(world, r"the margin is lost: vault-1 does not answer \(connection refused\), for 15 s")
    assert world.ended == ["vault-2"]


def test_a_moments_silence_is_borne() -> None:
    world = World()
    kept = world.now["vault-1"].said

    def hiccup(given: World) -> None:
        if given.ended == ["vault-2"]:
            away = given.clock.passed < 20
            said = None if away else kept
            given.change("vault-1", said=said, silent="nothing within 5 s" if away else "")

    world.at_look = hiccup
    roll(world).run()
    assert world.ended == ["vault-2", "vault-1", "vault-0"]


def test_it_stops_when_the_leader_changes_unexpectedly() -> None:
    world = World()
    world.at_look = lambda given: given.lead("vault-1") if given.ended else None
    stops(world, "the leader changed unexpectedly, from vault-0 to vault-1")
    assert world.ended == ["vault-2"]


def test_it_stops_when_the_leader_changed_before_its_own_turn() -> None:
    world = World()

    def change(given: World) -> None:
        if ("settled", "vault-1") in given.steps:
            given.lead("vault-1")

    world.at_look = change
    stops(world, "stopped at vault-0: the leader changed unexpectedly")
    assert world.ended == ["vault-2", "vault-1"]


def test_it_stops_when_a_server_does_not_come_back() -> None:
    world = World(comes_back=False)
    stops(world, "stopped at vault-2: 120 s have passed, and vault-2 is ending")
    assert world.ended == ["vault-2"]


def test_it_stops_when_the_template_changes_meanwhile() -> None:
    world = World()

    def change(given: World) -> None:
        if given.ended:
            given.now = replace(given.now, target=target("another"))

    world.at_look = change
    stops(world, "the StatefulSet's template changed meanwhile")


def test_it_stops_when_a_new_pod_is_of_another_template() -> None:
    stops(World(comes_as="older"), "its new pod is of the template older and not of vault-new")


def test_a_budget_that_does_not_let_a_pod_go_is_waited_for_and_told_once() -> None:
    world = World(refusals=["it would violate the budget"] * 3)
    roll(world).run()
    told = [e.words for e in world.told if e.step.value == "waits"]
    assert told == ["it would violate the budget"]
    assert world.ended[0] == "vault-2"


def test_a_budget_that_never_lets_it_go_ends_the_patience() -> None:
    world = World(refusals=["it would violate the budget"] * 500)
    stops(world, "120 s have passed, and it would violate the budget")
    assert world.ended == []


def test_it_does_not_begin_what_would_lose_the_majority() -> None:
    world = World()
    run = roll(world)
    world.now = replace(world.now, strangers={"vault-9": Peer(voter=True, healthy=False)})
    with pytest.raises(StoppedError, match="losing one server would lose the majority"):
        run.run()
    assert world.ended == []


def test_an_api_server_that_is_away_for_a_while_is_waited_for() -> None:
    world = World()

    def away(given: World) -> None:
        if given.ended and 20 < given.clock.passed < 60:
            raise AwayError("the API server cannot be asked")

    world.at_look = away
    roll(world).run()
    assert world.steps[-1] == ("done", "")


def test_who_lost_the_turn_stops_before_the_next_effect() -> None:
    world = World()

    def hold() -> None:
        if world.ended:
            raise UpkeepError("the turn went to somebody else")

    stops(world, "the turn went to somebody else", hold=hold)
    assert world.ended == ["vault-2"]


def test_run_again_it_goes_on_where_it_was_stopped() -> None:
    world = World(comes_back=False)
    stops(world, "120 s have passed")
    world.comes_back = True
    world.clock.sleep(10)
    world.look()
    roll(world).run()
    assert world.ended == ["vault-2", "vault-1", "vault-0"]
