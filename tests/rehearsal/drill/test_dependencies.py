"""What is taken away from servers is given back, and how they took it is noted."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Self

import pytest

from rehearsal.drill import dependencies
from rehearsal.drill.dependencies import DEPENDENCIES
from rehearsal.drill.line import CallFailedError
from rehearsal.drill.phases import HandOver
from rehearsal.errors import RehearsalError
from tests.rehearsal.drill.conftest import Stage

NEEDS_LINUX = ("leader-disk-full", "follower-disk-full", "audit-blocked", "audit-one-blocked")


def play(name: str, stage: Stage) -> list[str]:
    (drill,) = (drill for drill in DEPENDENCIES if drill.name == name)
    drill.play(stage.episode)
    return stage.told


class AtOnce:
    """Does what it is given before it goes on."""

    def __init__(self, _workers: int) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, work: Callable[[str], None], name: str) -> Future[None]:
        future: Future[None] = Future()
        try:
            work(name)
            future.set_result(None)
        except RehearsalError as error:
            future.set_exception(error)
        return future


class WhenAsked(AtOnce):
    """Does what it is given when somebody waits for the result."""

    def submit(self, work: Callable[[str], None], name: str) -> Future[None]:
        class Later(Future[None]):
            def result(self, timeout: float | None = None) -> None:
                assert timeout is None
                work(name)

        return Later()


WITHOUT_KMS = "without KMS it"
KILLED = ["SIGSTOP aws", "STRIKE", "kill b"]


def test_a_server_that_starts_without_kms_and_answers_is_sealed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies, "ThreadPoolExecutor", AtOnce)
    done = play("kms-away-at-start", stage)
    assert done == [*KILLED, "start b", "sleep 6", "MEND", "SIGCONT aws", "flowing"]
    assert stage.episode.notes == {WITHOUT_KMS: "answers, sealed"}


def test_a_server_that_waits_for_kms_is_waited_for(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dependencies, "ThreadPoolExecutor", WhenAsked)
    done = play("kms-away-at-start", stage)
    assert done == [*KILLED, "sleep 6", "MEND", "SIGCONT aws", "start b", "flowing"]
    assert stage.episode.notes == {WITHOUT_KMS: "runs, API does not answer"}


def test_a_server_that_ends_without_kms_is_started_again_when_kms_is_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_while_away(name: str) -> None:
        if "SIGCONT aws" not in stage.told:
            raise RehearsalError(f"{name} ended")

    stage.cluster.fails = fails_while_away
    monkeypatch.setattr(dependencies, "ThreadPoolExecutor", AtOnce)
    done = play("kms-away-at-start", stage)
    back = ["MEND", "SIGCONT aws", "start b", "flowing"]
    assert done == [*KILLED, "start b", "sleep 6", *back]
    assert stage.episode.notes == {WITHOUT_KMS: "ended"}


def test_kms_away_while_all_are_unsealed(stage: Stage) -> None:
    done = ["SIGSTOP aws", "STRIKE", "sleep 12", "MEND", "SIGCONT aws", "flowing"]
    assert play("kms-away-later", stage) == done


def test_kms_is_away_until_the_new_leader_serves(stage: Stage) -> None:
    done = ["SIGSTOP aws", "STRIKE", "step down", "sleep 1", "flowing", "MEND", "SIGCONT aws"]
    assert play("kms-away-at-hand-over", stage) == done


@pytest.mark.parametrize(("name", "server"), [("leader", "a"), ("follower", "b")])
def test_a_disk_is_full_and_has_room_again(name: str, server: str, stage: Stage) -> None:
    assert play(f"{name}-disk-full", stage) == [
        "STRIKE",
        f"limit {server} to 0 of 2000",
        "sleep 4",
        "MEND",
        f"limit {server} to 1000 of 2000",
        "flowing",
    ]
    assert stage.episode.notes == {"with a full disk it": "went on running"}


def test_a_disk_that_ended_its_server_is_mended_by_a_start(stage: Stage) -> None:
    stage.cluster.processes["b"].code = 2
    assert play("follower-disk-full", stage)[-3:] == ["MEND", "start b", "flowing"]
    assert stage.episode.notes == {"with a full disk it": "ended"}


def test_the_leaders_audit_is_blocked_and_read_again(stage: Stage) -> None:
    assert play("audit-blocked", stage) == [
        "pipes a/audit.fifo b/audit.fifo c/audit.fifo d/audit.fifo e/audit.fifo",
        "PUT sys/audit/drill file audit.fifo at a",
        "sleep 1",
        "STRIKE",
        "pause a",
        "sleep 4",
        "MEND",
        "resume",
        "flowing",
        "resume",
        "DELETE sys/audit/drill at a",
        "no pipes",
    ]


def test_beside_the_blocked_audit_device_is_one_that_is_not(stage: Stage) -> None:
    assert [deed for deed in play("audit-one-blocked", stage) if "sys/audit" in deed] == [
        "PUT sys/audit/drill file audit.fifo at a",
        "PUT sys/audit/drill-second file audit.log at a",
        "DELETE sys/audit/drill at a",
        "DELETE sys/audit/drill-second at a",
    ]


def test_a_second_audit_device_that_is_refused_leaves_no_first(stage: Stage) -> None:
    stage.cluster.own["a"].refuses = "sys/audit/drill-second"
    with pytest.raises(CallFailedError, match="500 audit"):
        play("audit-one-blocked", stage)
    assert "STRIKE" not in stage.told
    assert "DELETE sys/audit/drill at a" in stage.told[stage.told.index("resume") :]
    assert stage.told[-1] == "no pipes"


@pytest.mark.parametrize(
    ("name", "undone"),
    [
        ("kms-away-at-start", ["MEND", "SIGCONT aws"]),
        ("kms-away-later", ["MEND", "SIGCONT aws"]),
        ("kms-away-at-hand-over", ["MEND", "SIGCONT aws"]),
        ("audit-blocked", ["resume", "DELETE sys/audit/drill at a", "no pipes"]),
    ],
)
def test_what_is_interrupted_leaves_nothing_frozen_or_blocked(
    name: str, undone: list[str], stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(dependencies, "ThreadPoolExecutor", AtOnce)
    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        play(name, stage)
    assert stage.told[-len(undone) :] == undone


@pytest.mark.parametrize("name", NEEDS_LINUX)
def test_what_needs_linux_says_so_before_it_touches_anything(
    name: str, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(RehearsalError, match=r"test-1 needs Linux .*--only"):
        play(name, stage)
    assert stage.told == []


def test_the_logs_are_asked_where_leadership_changes_hands() -> None:
    assert {drill.name: drill.hand_over for drill in DEPENDENCIES if drill.hand_over} == {
        "kms-away-at-hand-over": HandOver.PLANNED,
        "leader-disk-full": HandOver.CRASH,
    }
