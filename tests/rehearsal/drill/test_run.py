"""One run from end to end, on servers that are made of dictionaries."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from policies.environments import Environment
from rehearsal.drill import run as module
from rehearsal.drill.episode import Drill, Episode, Ground, Moment
from rehearsal.drill.impact import Operation, impact
from rehearsal.drill.line import CallFailedError
from rehearsal.drill.phases import HandOver
from rehearsal.drill.repeating import repeat_all
from rehearsal.drill.run import run_drills, run_once
from rehearsal.errors import RehearsalError
from tests.rehearsal.drill.fakes import FakeLine, Store

OUT_SECONDS = 0.4
STAMP = "%Y-%m-%dT%H:%M:%S.%fZ"


class FakeCluster:
    def __init__(self, log: Path) -> None:
        store = Store()
        self.own = {name: FakeLine(name, store) for name in ("a", "b")}
        self.names = tuple(self.own)
        self.lacking = ["", ""]
        self.done: list[str] = []
        self.healed: list[float] = []
        self._log = log

    def __getitem__(self, _name: str) -> Any:
        process = SimpleNamespace(log=self._log, tail=lambda _lines: "the end of its log")
        return SimpleNamespace(process=process)

    def lines(self, _timeout: float) -> dict[str, FakeLine]:
        return self.own

    def heal(self) -> tuple[float, str]:
        self.healed.append(time.monotonic())
        return self.healed[-1], self.lacking.pop(0)

    def rest(self) -> None:
        pass

    def kill(self, *names: str) -> None:
        self.done.append(f"kill {' '.join(names)}")

    def start(self, *names: str) -> None:
        self.done.append(f"start {' '.join(names)}")


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCluster:
    for name in ("_WARM_SECONDS", "_BEFORE_SECONDS", "_AFTER_SECONDS"):
        monkeypatch.setattr(module, name, 0.1)
    (tmp_path / "log").write_text("")
    return FakeCluster(tmp_path / "log")


def drill(play: Callable[[Episode], None]) -> Drill:
    return Drill("outage", "all out", play, HandOver.CRASH)


def ground(cluster: FakeCluster) -> Ground:
    stand_in: Any = cluster
    return Ground(stand_in, stand_in, stand_in)


def outage(episode: Episode) -> None:
    own: Any = episode.cluster
    episode.strike()
    for line in own.own.values():
        line.broken = "connection refused"
    time.sleep(OUT_SECONDS)
    episode.mend()
    for line in own.own.values():
        line.broken = ""
    episode.notes["it"] = "was out"


def test_an_outage_is_seen_as_it_was(cluster: FakeCluster) -> None:
    """By its clients, which were held up themselves where the machine was."""
    played: list[Episode] = []

    def play(episode: Episode) -> None:
        played.append(episode)
        outage(episode)

    seen = run_once(ground(cluster), drill(play), 1)
    (episode,) = played
    assert episode.struck
    assert episode.mended
    traffic, since = episode.traffic, episode.struck.monotonic - module._BEFORE_SECONDS
    assert seen.writes == impact(traffic.samples, Operation.WRITE, since, traffic.ended)
    assert seen.reads == impact(traffic.samples, Operation.READ, since, traffic.ended)
    assert seen.writes.downtime.seconds > OUT_SECONDS / 2
    assert seen.reads.downtime.seconds > OUT_SECONDS / 2
    assert seen.writes.errors.keys() == {"connection refused"}
    assert (seen.retried.failed, seen.lost, seen.unverified, seen.stale) == (0, 0, 0, ())
    assert seen.healthy_after == cluster.healed[-1] - episode.mended.monotonic
    assert seen.notes == {"it": "was out"}
    assert seen.logs == {}
    assert seen.phases is None  # nobody logged any
    assert seen.faults == []


def test_writes_that_were_acknowledged_and_forgotten_are_lost(cluster: FakeCluster) -> None:
    cluster.own["a"].forgets = lambda key: key.isdigit() and int(key) % 4 == 0
    seen = run_once(ground(cluster), drill(lambda episode: episode.strike()), 1)
    assert seen.lost > 0
    assert f"{seen.lost} acknowledged writes lost" in seen.faults


def test_what_the_drill_found_and_what_did_not_heal_are_faults(cluster: FakeCluster) -> None:
    def play(episode: Episode) -> None:
        episode.strike()
        episode.expect(True, "never said")
        episode.expect(False, "a stranger was let in")

    cluster.lacking = ["", "b sealed or not answering"]
    seen = run_once(ground(cluster), drill(play), 1)
    assert seen.faults == ["not healed: b sealed or not answering", "a stranger was let in"]
    assert seen.logs == {"a": "the end of its log", "b": "the end of its log"}


def refused(_episode: Episode) -> None:
    raise CallFailedError("500 no leader")


def test_what_vault_refuses_after_the_strike_is_a_fault_of_that_run(cluster: FakeCluster) -> None:
    def play(episode: Episode) -> None:
        episode.strike()
        refused(episode)

    seen = run_once(ground(cluster), drill(play), 1)
    assert seen.faults == ["a request of the drill's own failed: 500 no leader"]


def test_what_vault_refuses_before_the_strike_ends_the_drills(cluster: FakeCluster) -> None:
    with pytest.raises(RehearsalError, match=r"outage cannot begin: .* 500 no leader"):
        run_once(ground(cluster), drill(refused), 1)
    assert {line.closed for line in cluster.own.values()} == {1}


def test_clients_connections_are_closed_in_the_end(cluster: FakeCluster) -> None:
    run_once(ground(cluster), drill(lambda episode: episode.strike()), 1)
    assert {line.closed for line in cluster.own.values()} == {1}


def test_one_server_is_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    alone: Any = SimpleNamespace(scene=SimpleNamespace(vaults=SimpleNamespace(servers=("a",))))
    asked: list[Environment] = []

    def stand_up(
        _supervisor: object, _binaries: object, environment: Environment, _: object
    ) -> Any:
        asked.append(environment)
        return alone

    monkeypatch.setattr(module, "stand_up", stand_up)
    with pytest.raises(RehearsalError, match="dev has 1 Vault server: drills need a cluster"):
        run_drills({}, Environment.DEV, [], 1, lambda _: None, lambda _: None)
    assert asked == [Environment.DEV]


def test_a_cluster_that_did_not_heal_is_restarted_before_the_next_run(
    cluster: FakeCluster,
) -> None:
    cluster.lacking = ["", "b sealed or not answering", "", ""]
    told: list[str] = []
    quiet = drill(lambda episode: episode.strike())
    stand_in: Any = cluster
    once = partial(run_once, ground(cluster))
    runs = repeat_all(
        stand_in, [quiet], 2, once, told.append, lambda run: told.append(f"{run.number}")
    )
    assert told == ["all out, 1 of 2", "1", "all out, 2 of 2", "2"]
    assert [run.missing for run in runs] == ["b sealed or not answering", ""]
    assert cluster.done == ["kill a b", "start a b"]


def test_nothing_begins_on_a_cluster_that_is_not_healthy(cluster: FakeCluster) -> None:
    cluster.lacking = ["b unhealthy, says autopilot"]
    with pytest.raises(RehearsalError, match="outage cannot begin: b unhealthy, says autopilot"):
        run_once(ground(cluster), drill(outage), 1)


def test_phases_are_asked_of_the_logs_since_the_run_began(cluster: FakeCluster) -> None:
    log = cluster["a"].process.log
    log.write_text("an older line\n")
    noted: list[tuple[Moment, datetime]] = []

    def play(episode: Episode) -> None:
        outage(episode)
        assert episode.struck
        now = datetime.now(UTC)
        noted.append((episode.struck, now))
        with log.open("a") as file:
            for message in (
                "heartbeat timeout reached, starting election",
                "election won",
                "acquired lock, enabling active operation",
                "post-unseal setup complete",
            ):
                file.write(
                    f'{{"@level":"info","@message":"{message}","@timestamp":"{now:{STAMP}}"}}\n'
                )

    seen = run_once(ground(cluster), drill(play), 1)
    assert seen.phases is not None
    ((struck, logged),) = noted
    assert seen.phases.notice == pytest.approx(logged.timestamp() - struck.epoch, abs=0.001)
    total = sum(dataclasses.astuple(seen.phases)[:5])
    assert total == pytest.approx(seen.writes.downtime.ended - struck.monotonic, abs=0.001)
