"""Which drills there are; and each, played on a cluster that only remembers what was done to it."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rehearsal.drill import dependencies, failures, strangers
from rehearsal.drill.catalogue import DRILLS, chosen
from rehearsal.drill.cluster import Cluster
from rehearsal.drill.episode import Drill, Episode, Ground
from rehearsal.drill.traffic import Traffic
from rehearsal.errors import RehearsalError

NAMES = ("a", "b", "c", "d", "e")


class Interruption(Exception):  # noqa: N818 - stands for Ctrl-C
    """While a drill sleeps."""


class Told:
    """Stands for all that a drill touches, and writes it down."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.pid, self.names = 4711, NAMES
        self.exit_code: int | None = None

    def __getitem__(self, _name: str) -> Any:
        return SimpleNamespace(process=self)

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any, **_: Any) -> Any:
            self.log.append(" ".join([name, *(str(a) for a in arguments if isinstance(a, str))]))
            return self

        return call

    def leader(self) -> str:
        return "a"

    def followers(self) -> list[str]:
        return list(NAMES[1:])

    def flows(self) -> bool:
        return True


class Episodes(Episode):
    def strike(self) -> None:
        super().strike()
        cast(Told, self.traffic).log.append("STRIKE")

    def mend(self) -> None:
        super().mend()
        cast(Told, self.traffic).log.append("MEND")

    def until_flowing(self) -> None:
        cast(Told, self.traffic).log.append("flowing")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Told:
    told = Told()
    monkeypatch.setattr(time, "sleep", lambda seconds: told.log.append(f"sleep {seconds:g}"))

    def prlimit(_pid: int, _what: int, limits: object = None) -> tuple[int, int]:
        told.log.append(f"limit {limits}")
        return (-1, -1)

    def knock(*_: object) -> SimpleNamespace:
        told.log.append("knock")
        return server

    monkeypatch.setattr(
        os, "kill", lambda _pid, number: told.log.append(f"kms {signal.Signals(number).name}")
    )
    monkeypatch.setattr(resource, "prlimit", prlimit)

    class Pipes:
        def __init__(self, _paths: object) -> None:
            pass

        def __enter__(self) -> Told:
            told.log.append("pipes")
            return told

        def __exit__(self, *_: object) -> None:
            told.log.append("no pipes")

    monkeypatch.setattr(dependencies, "FifoReader", Pipes)
    monkeypatch.setattr(Told, "working_folder", lambda *_: tmp_path, raising=False)

    server = SimpleNamespace(process=SimpleNamespace(log=tmp_path / "log"))
    tmp_path.joinpath("log").write_text("\n".join(s.reason for s in strangers.STRANGERS))
    monkeypatch.setattr(strangers, "_start", knock)
    return told


@pytest.fixture
def episode(told: Told) -> Iterator[Episode]:
    stand_in = cast(Any, told)
    ground = Ground(stand_in, stand_in, cast(Cluster, stand_in))
    return Episodes(ground, cast(Traffic, stand_in), "test-1")  # type: ignore[return-value]


def play(name: str, episode: Episode, told: Told) -> list[str]:
    (drill,) = (drill for drill in DRILLS if drill.name == name)
    drill.play(episode)
    return told.log


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_it_strikes_once_and_waits_for_the_traffic(
    drill: Drill, episode: Episode, told: Told
) -> None:
    drill.play(episode)
    assert told.log.count("STRIKE") == 1
    assert "flowing" in told.log[told.log.index("STRIKE") :]
    assert episode.problems == []


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_nothing_hurts_before_the_strike_but_what_the_clock_starts_with(
    drill: Drill, episode: Episode, told: Told
) -> None:
    drill.play(episode)
    before = told.log[: told.log.index("STRIKE")]
    hurts = ("kill", "terminate", "freeze", "step_down", "limit (0", "pause", "knock")
    assert not [done for done in before if done.startswith(hurts)]


@pytest.mark.parametrize(
    ("name", "done"),
    [
        ("leader-lost", ["STRIKE", "kill a", "flowing", "MEND", "start a"]),
        ("leader-restarted-0.3s", ["STRIKE", "kill a", "sleep 0.3", "MEND", "start a", "flowing"]),
        ("leader-terminated", ["STRIKE", "terminate a", "MEND", "start a", "flowing"]),
        ("step-down", ["STRIKE", "step_down", "flowing"]),
        ("leader-frozen", ["STRIKE", "freeze a", "sleep 10", "MEND", "thaw a", "flowing"]),
        ("follower-killed", ["STRIKE", "kill b", "sleep 2", "MEND", "start b", "flowing"]),
        (
            "majority-killed",
            ["STRIKE", "kill a b c", "sleep 2", "MEND", "start a b c", "flowing"],
        ),
        ("all-killed", ["STRIKE", "kill a b c d e", "MEND", "start a b c d e", "flowing"]),
        (
            "kms-away-later",
            ["process aws", "kms SIGSTOP", "STRIKE", "sleep 12", "MEND", "kms SIGCONT", "flowing"],
        ),
        (
            "leader-disk-full",
            [
                "limit None",
                "STRIKE",
                "limit (0, -1)",
                "sleep 4",
                "MEND",
                "limit (-1, -1)",
                "flowing",
            ],
        ),
        ("strangers", ["STRIKE", "knock", "knock", "sleep 3", "MEND", "end", "end", "flowing"]),
    ],
)
def test_what_is_done_in_which_order(
    name: str, done: list[str], episode: Episode, told: Told
) -> None:
    assert play(name, episode, told) == done


def test_a_blocked_audit_device_is_one_of_one_or_of_two(episode: Episode, told: Told) -> None:
    log = play("audit-one-blocked", episode, told)
    assert [done for done in log if "sys/audit" in done] == [
        "call PUT sys/audit/drill",
        "call PUT sys/audit/drill-second",
        "call DELETE sys/audit/drill",
        "call DELETE sys/audit/drill-second",
    ]
    assert log.index("STRIKE") < log.index("pause a") < log.index("MEND")
    told.log.clear()
    again = Episodes(episode.ground, episode.traffic, "test-2")
    assert "call PUT sys/audit/drill-second" not in play("audit-blocked", again, told)


@pytest.mark.parametrize(
    ("name", "undone"),
    [
        ("leader-frozen", "thaw a"),
        ("kms-away-later", "kms SIGCONT"),
        ("kms-away-at-hand-over", "kms SIGCONT"),
        ("audit-blocked", "call DELETE sys/audit/drill"),
    ],
)
def test_what_is_interrupted_leaves_nothing_frozen_or_blocked(
    name: str, undone: str, episode: Episode, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_seconds: float) -> None:
        raise Interruption

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(Interruption):
        play(name, episode, told)
    assert undone in told.log


def test_a_disk_that_ended_its_server_is_mended_by_a_start(episode: Episode, told: Told) -> None:
    told.exit_code = 2
    assert play("follower-disk-full", episode, told)[-3:] == ["MEND", "start b", "flowing"]
    assert episode.notes == {"with a full disk it": "ended"}


def test_a_stranger_whose_log_says_nothing_or_that_was_let_in_is_a_problem(
    episode: Episode, told: Told, tmp_path: Path
) -> None:
    tmp_path.joinpath("log").write_text("successfully joined the raft cluster")
    play("strangers", episode, told)
    assert episode.problems == [
        problem
        for stranger in strangers.STRANGERS
        for problem in (
            f"{stranger.name}: its log gives no reason",
            f"{stranger.name} was let in",
        )
    ]


def test_restarts_are_measured_after_none_and_some_seconds() -> None:
    assert failures.RESTART_SECONDS[0] == 0
    assert len([d for d in DRILLS if d.name.startswith("leader-restarted")]) == 4


def test_names_are_used_once_and_can_be_typed() -> None:
    names = [drill.name for drill in DRILLS]
    assert len(set(names)) == len(names) == len({drill.title for drill in DRILLS})
    assert all(name.replace("-", "").replace(".", "").isalnum() for name in names)


def test_all_or_those_that_are_named_in_the_order_of_all() -> None:
    assert chosen([]) == DRILLS
    assert [d.name for d in chosen(["step-down", "leader-lost"])] == ["leader-lost", "step-down"]


def test_a_name_that_is_none_is_told_with_those_that_are() -> None:
    with pytest.raises(RehearsalError, match=r"no drill is named step-up; there are: .*step-down"):
        chosen(["step-down", "step-up"])
