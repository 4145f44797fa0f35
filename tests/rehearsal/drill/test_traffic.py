"""Clients, against servers that are made of dictionaries."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from rehearsal.drill import traffic as module
from rehearsal.drill.impact import Operation
from rehearsal.drill.line import CallFailedError
from rehearsal.drill.traffic import Traffic
from tests.clock import Clock, wait_until
from tests.rehearsal.drill.fakes import FakeLine, Store


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "INTERVAL_SECONDS", 0.002)
    monkeypatch.setattr(module, "_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(module, "GIVES_UP_SECONDS", 0.1)
    monkeypatch.setattr(module, "_SILENT_SECONDS", 0.1)


@pytest.fixture
def lines() -> dict[str, FakeLine]:
    store = Store()
    return {name: FakeLine(name, store) for name in ("a", "b", "c")}


def test_all_servers_are_asked_and_nothing_is_lost(lines: dict[str, FakeLine]) -> None:
    with Traffic(lines, "run") as traffic:
        wait_until(lambda: len(traffic.samples) > 40 and len(traffic.insisted) > 10)
    assert {sample.server for sample in traffic.samples} == {"a", "b", "c"}
    assert {sample.operation for sample in traffic.samples} == set(Operation)
    assert not any(s.error or s.behind for s in traffic.samples)
    assert {request.server for request in traffic.insisted} == {"a"}
    back = traffic.read_back()
    assert (back.lost, back.unverified) == (0, 0)
    assert traffic.acknowledged == sum(s.operation is Operation.WRITE for s in traffic.samples)


def test_the_open_loop_does_not_retry_and_who_insists_does(lines: dict[str, FakeLine]) -> None:
    lines["a"].broken = "connection refused"
    lines["b"].broken = ""
    with Traffic({"b": lines["b"], "a": lines["a"]}, "run") as traffic:
        wait_until(lambda: len(traffic.samples) > 20)
        lines["b"].broken, lines["a"].broken = "no answer in time", ""
        wait_until(lambda: any(request.server == "a" for request in traffic.insisted))
    errors = {(s.server, s.error) for s in traffic.samples if s.error}
    assert ("a", "connection refused") in errors
    assert any(request.attempts > 1 and not request.failed for request in traffic.insisted)


def test_who_insists_gives_up_in_the_end(lines: dict[str, FakeLine]) -> None:
    with Traffic(lines, "run") as traffic:
        for line in lines.values():
            line.broken = "no answer in time"
        wait_until(
            lambda: any(request.failed and request.attempts > 3 for request in traffic.insisted)
        )
    failed = next(request for request in traffic.insisted if request.failed)
    assert failed.ended - failed.began >= 0.1


def test_a_write_that_was_acknowledged_and_is_not_there_is_lost(
    lines: dict[str, FakeLine],
) -> None:
    lines["b"].forgets = lambda key: key == "4"
    with Traffic(lines, "run") as traffic:
        wait_until(lambda: traffic.acknowledged > 10)
    assert traffic.read_back().lost == 1


def test_a_write_that_holds_another_value_is_lost(lines: dict[str, FakeLine]) -> None:
    with Traffic(lines, "run") as traffic:
        wait_until(lambda: traffic.acknowledged > 3)
    lines["a"].call("PUT", "drill/data/run/2", {"data": {"value": "3"}})
    assert traffic.read_back().lost == 1


def test_what_cannot_be_looked_for_is_not_taken_for_good(lines: dict[str, FakeLine]) -> None:
    with Traffic(lines, "run") as traffic:
        wait_until(lambda: traffic.acknowledged > 3)
    for line in lines.values():
        line.broken = "503 sealed"
    back = traffic.read_back()
    assert (back.lost, back.unverified) == (0, traffic.acknowledged)


def test_reading_back_may_take_as_long_as_there_are_answers(
    lines: dict[str, FakeLine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A busy machine leaves a request unanswered now and then, also late in a long reading."""
    with Traffic(lines, "run") as traffic:
        wait_until(lambda: traffic.acknowledged > 40)
    clock, call, asked = Clock(), FakeLine.call, count()

    def slow(line: FakeLine, *request: Any) -> Any:
        clock.sleep(0.1)
        if next(asked) % 2:
            raise CallFailedError("no answer in time")
        return call(line, *request)

    monkeypatch.setattr(FakeLine, "call", slow)
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(module, "_SILENT_SECONDS", 1)
    back = traffic.read_back()
    assert clock.now > 2 * module._SILENT_SECONDS
    assert (back.lost, back.unverified) == (0, 0)


def test_a_server_that_lags_is_caught_with_how_far(lines: dict[str, FakeLine]) -> None:
    with Traffic(lines, "run") as traffic:
        wait_until(lambda: len(traffic.insisted) > 20)
        lines["c"].late = 3
        wait_until(lambda: any(sample.behind for sample in traffic.samples))
    stale = [sample for sample in traffic.samples if sample.behind]
    assert {sample.server for sample in stale} == {"c"}
    assert max(sample.behind for sample in stale) <= 3
    assert not any(request.behind for request in traffic.insisted)


def test_traffic_flows_where_most_writes_succeed(lines: dict[str, FakeLine]) -> None:
    with Traffic(lines, "run") as traffic:
        wait_until(lambda: traffic.flows(0.1))
        for line in lines.values():
            line.broken = "connection refused"
        wait_until(lambda: not traffic.flows(0.1))
        for line in list(lines.values())[1:]:
            line.broken = ""
        wait_until(lambda: traffic.flows(0.1))
