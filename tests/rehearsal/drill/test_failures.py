"""Each failure is what its name says: the right servers, in the right order, and back again."""

from __future__ import annotations

import time

import pytest

from rehearsal.drill.failures import FAILURES, RESTART_SECONDS
from rehearsal.drill.phases import HandOver
from tests.rehearsal.drill.conftest import Stage


def play(name: str, stage: Stage) -> list[str]:
    (drill,) = (drill for drill in FAILURES if drill.name == name)
    drill.play(stage.episode)
    return stage.told


@pytest.mark.parametrize(
    ("name", "done"),
    [
        ("leader-lost", ["STRIKE", "kill a", "flowing", "MEND", "start a"]),
        ("leader-restarted-0s", ["STRIKE", "kill a", "sleep 0", "MEND", "start a", "flowing"]),
        ("leader-restarted-0.3s", ["STRIKE", "kill a", "sleep 0.3", "MEND", "start a", "flowing"]),
        ("leader-terminated", ["STRIKE", "terminate a", "MEND", "start a", "flowing"]),
        ("step-down", ["STRIKE", "step down", "flowing"]),
        ("leader-frozen", ["STRIKE", "freeze a", "sleep 10", "MEND", "thaw a", "flowing"]),
        ("follower-killed", ["STRIKE", "kill b", "sleep 2", "MEND", "start b", "flowing"]),
        ("majority-killed", ["STRIKE", "kill a b c", "sleep 2", "MEND", "start a b c", "flowing"]),
        (
            "all-killed",
            ["STRIKE", "kill a b c d e", "sleep 0", "MEND", "start a b c d e", "flowing"],
        ),
    ],
)
def test_what_is_done_in_which_order(name: str, done: list[str], stage: Stage) -> None:
    assert play(name, stage) == done


def test_a_majority_of_three_is_two_and_the_leader_is_one_of_them(stage: Stage) -> None:
    for name in ("d", "e"):
        del stage.cluster.processes[name]
    stage.cluster.leads = "c"
    assert "kill c a" in play("majority-killed", stage)


def test_what_is_interrupted_leaves_nobody_frozen(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        play("leader-frozen", stage)
    assert stage.told[-2:] == ["MEND", "thaw a"]


def test_restarts_are_measured_after_none_and_some_seconds() -> None:
    restarts = [drill for drill in FAILURES if drill.name.startswith("leader-restarted")]
    assert len(restarts) == len(RESTART_SECONDS)
    assert RESTART_SECONDS[0] == 0


def test_the_logs_are_asked_of_every_drill_that_takes_a_leader_alone() -> None:
    asked = {drill.name: drill.hand_over for drill in FAILURES if drill.hand_over}
    planned = {name for name, how in asked.items() if how is HandOver.PLANNED}
    assert planned == {"leader-terminated", "step-down"}
    assert asked.keys() - planned == {
        "leader-lost",
        "leader-frozen",
        *(f"leader-restarted-{after:g}s" for after in RESTART_SECONDS),
    }
