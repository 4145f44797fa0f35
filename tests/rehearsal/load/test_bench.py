"""The order of runs, and how long each is. No server runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rehearsal.load.audit import Entries
from rehearsal.load.bench import MANY, Load, Meter, Schedule
from rehearsal.load.fortio import Pace, Request, Run
from rehearsal.load.operations import Operation
from rehearsal.load.targets import Target
from tests.rehearsal.load import made

READS = Request("GET", "https://127.0.0.1:1", "secret/data/x", Path("/ca.crt"))


class FakeFortio:
    def __init__(self, log: list[Any]) -> None:
        self.log = log

    def run(self, request: Request, pace: Pace) -> Run:
        self.log.append((request.path, pace))
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


def test_a_whole_schedule() -> None:
    schedule = Schedule(seconds=60, per_second=1000)
    assert schedule.constant == Pace(32, 60, 1000)
    assert schedule.costs == Pace(32, 30, 1000)
