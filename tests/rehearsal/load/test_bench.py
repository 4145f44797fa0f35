"""The order of runs, and how long each is. No server runs here."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from policies.environments import Environment
from rehearsal.binaries import Tool
from rehearsal.errors import RehearsalError
from rehearsal.load import bench as module
from rehearsal.load import clusters, targets
from rehearsal.load.audit import Entries
from rehearsal.load.bench import MANY, Load, Meter, Schedule
from rehearsal.load.fortio import Pace, Request, Run
from rehearsal.load.operations import Operation
from rehearsal.load.results import DEFAULTS, DEPLOYED, NO_AUDIT, NO_TLS, Results
from rehearsal.load.targets import Target
from rehearsal.proof.results import Figure
from tests.rehearsal.fakes import FakeVault, answer
from tests.rehearsal.load import made
from tests.rehearsal.load.fakes import ADDRESS

READS = Request("GET", ADDRESS, "secret/data/x", Path("/ca.crt"))


class FakeFortio:
    def __init__(self, log: list[Any]) -> None:
        self.log = log
        self.addresses: list[str] = []

    def run(self, request: Request, pace: Pace) -> Run:
        self.log.append((request.path, pace))
        self.addresses.append(request.address)
        return made.measured(1, pace=pace).run


class FakeDevice:
    def __init__(self, log: list[Any]) -> None:
        self.log = log

    def switch(self, on: bool) -> None:
        self.log.append("on" if on else "off")

    def empty(self) -> None:
        self.log.append("empty")

    def entries(self, path: str) -> Entries:
        self.log.append(f"count {path}")
        return Entries(1010, 1010, 0)


def bench() -> tuple[Meter, Target, list[Any], list[str]]:
    log: list[Any] = []
    said: list[str] = []
    target = Target("x", FakeDevice(log), READS)  # type: ignore[arg-type]
    return Meter(FakeFortio(log), said.append), target, log, said  # type: ignore[arg-type]


def test_the_audit_is_counted_for_each_run() -> None:
    meter, target, log, said = bench()
    measured = meter.measure(Load("deployed", target, made.PACE))
    assert measured.entries == Entries(1010, 1010, 0)
    assert log == ["on", "empty", (READS.path, made.PACE), f"count {READS.path}", "empty"]
    assert said == ["deployed: 99/s on 10 connections: P50 0.5 ms, P99 1.0 ms"]


def test_without_audit_nothing_is_counted() -> None:
    meter, target, log, _ = bench()
    assert meter.measure(Load("deployed", target, made.PACE, audit=False)).entries is None
    assert log[0] == "off"
    assert not any(str(one).startswith("count") for one in log)


def test_loads_take_turns() -> None:
    meter, target, log, _ = bench()
    one, other = Pace(1, 1, 10), Pace(1, 1, 20)
    first, second = meter.take_turns([Load("a", target, one), Load("b", target, other)], 2)
    runs = [entry[1] for entry in log if isinstance(entry, tuple)]
    assert runs == [one, other, one, other]
    assert (first.name, second.name) == ("a", "b")
    assert [m.run.pace for m in second.rounds] == [other, other]


def test_a_short_schedule_is_still_possible() -> None:
    schedule = Schedule(seconds=1, per_second=100)
    slow = Operation("slow", READS, per_second=0.5)
    paces = [schedule.warm_up, schedule.constant, schedule.costs, schedule.alone(slow)]
    assert all(pace.planned >= 2 * pace.connections for pace in paces)
    assert [schedule.maximum(connections).connections for connections in MANY] == list(MANY)


@pytest.mark.parametrize(
    ("seconds", "per_second", "rounds"),
    [(0.9, 100, 1), (1, 99, 1), (-1, -100, 1), (1, 100, 0), (math.nan, 100, 1), (math.inf, 1, 1)],
)
def test_a_schedule_of_too_little_is_refused(
    seconds: float, per_second: float, rounds: int
) -> None:
    with pytest.raises(ValueError, match=r"at least one round of at least 100 requests"):
        Schedule(seconds, per_second, rounds)


def test_a_whole_schedule() -> None:
    schedule = Schedule(seconds=60, per_second=1000)
    assert schedule.constant == Pace(32, 60, 1000)
    assert schedule.costs == Pace(32, 30, 1000)


class Measurement:
    """Both clusters and all that is asked of them; nothing is there but their order."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log: list[Any] = []
        self.fortio = FakeFortio(self.log)
        self.plain: Any = SimpleNamespace(address_without_tls="http://127.0.0.1:3")
        self.stood: Any = SimpleNamespace(plan="the plan")
        self.targets: list[Target] = []
        self.leads = True
        monkeypatch.setattr(module, "stand_up", lambda *_: self.stood)
        monkeypatch.setattr(module, "Fortio", lambda *_: self.fortio)
        monkeypatch.setattr(module, "Applications", self.applications)
        monkeypatch.setattr(clusters, "start_with_defaults", lambda *_: self.plain)
        monkeypatch.setattr(targets, "with_defaults", self.with_defaults)
        monkeypatch.setattr(targets, "deployed", self.deployed)

    def run(self, rounds: int = 2) -> tuple[Results, list[str]]:
        binaries: Any = {tool: SimpleNamespace(path=Path("/bin/x")) for tool in Tool}
        said: list[str] = []
        supervisor: Any = None
        schedule = Schedule(60, 1000, rounds)
        results = module.bench(supervisor, binaries, Environment.STAGING, schedule, said.append)
        return results, said

    def target(self, name: str) -> Target:
        device: Any = FakeDevice([])
        device.root = FakeVault(lambda _: answer(is_self=self.leads))
        self.targets.append(Target(name, device, dataclasses.replace(READS, path=name)))
        return self.targets[-1]

    def with_defaults(self, _supervisor: object, cluster: object, plan: object) -> Target:
        assert (cluster, plan) == (self.plain, self.stood.plan)
        return self.target("defaults")

    @contextmanager
    def deployed(self, stood: object) -> Iterator[Target]:
        assert stood is self.stood
        yield self.target("deployed")
        self.log.append("the root token ended")

    def applications(self, stood: object, target: Target) -> Any:
        assert (stood, target.name) == (self.stood, "deployed")
        request = dataclasses.replace(READS, path="login")
        login = Operation("login", request, 25.0, Figure.TOKEN_RENEWAL)
        return SimpleNamespace(operations=lambda: (login,))


@pytest.fixture
def measurement(monkeypatch: pytest.MonkeyPatch) -> Measurement:
    return Measurement(monkeypatch)


def test_targets_take_turns_after_a_warm_up(measurement: Measurement) -> None:
    results, said = measurement.run()
    schedule = Schedule(60, 1000)
    warm, constant, costs = schedule.warm_up, schedule.constant, schedule.costs
    turn = [
        ("deployed", constant),
        ("deployed", costs),
        ("defaults", constant),
        ("defaults", costs),
    ]
    most = [
        (name, schedule.maximum(connections))
        for connections in MANY
        for _ in range(2)
        for name in ("deployed", "defaults")
    ]
    assert measurement.log == [
        ("deployed", warm),
        ("defaults", warm),
        ("defaults", warm),
        *turn,
        *turn,
        *most,
        ("login", Pace(4, 20.0, 25.0)),
        "the root token ended",
    ]
    without_tls = [n for n, one in enumerate(measurement.fortio.addresses) if one != ADDRESS]
    assert without_tls == [2, 6, 10], "the last of each turn"
    assert results.environment == "staging"
    assert [series.name for series in results.constant] == [DEPLOYED, NO_AUDIT, DEFAULTS, NO_TLS]
    assert {len(series.rounds) for series in results.constant} == {2}
    assert results.series(NO_AUDIT).rounds[0].entries is None
    assert [one for one, _ in results.maxima] == list(MANY)
    assert [(one.name, one.figure) for one in results.operations] == [
        ("login", Figure.TOKEN_RENEWAL)
    ]
    assert len(said) == 3 + 8 + len(most) + 1


def test_a_leader_that_changed_meanwhile_makes_no_results(measurement: Measurement) -> None:
    measurement.leads = False
    with pytest.raises(RehearsalError, match="deployed: the leader changed"):
        measurement.run(rounds=1)
