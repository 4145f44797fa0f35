"""What fortio is told, and what is read from it. No fortio runs here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.load.fortio import Fortio, Pace, Request, parse
from rehearsal.supervisor import Supervisor

BEGIN = 1_800_000_000
NANOSECONDS = 123_456_789
PACE = Pace(connections=2, seconds=1.0, per_second=10.0)
"""Each connection sends five times, every 200 ms and a little more; the second begins 100 ms after
the first.
"""


def planned(connection: int, index: int) -> float:
    """As fortio says it in its source, in its own words: seconds since the start."""
    per_thread, calls = 5.0, 5
    delay = (1 / per_thread) - ((1 / per_thread) / 2 * (2 - connection))
    return delay + (index + index / (calls - 1)) / per_thread


def entry(connection: int, index: int, *, at: float, took: float = 0.002) -> str:
    timestamp = BEGIN * 10**9 + NANOSECONDS + round(at * 1e9)
    return json.dumps(
        {
            "latency": took,
            "timestamp": timestamp,
            "thread": connection,
            "iter": index,
            "ok": True,
            "details": "200",
        }
    )


def on_time() -> list[str]:
    return [entry(c, i, at=planned(c, i)) for c in range(2) for i in range(5)]


def result(count: int = 10, **changes: Any) -> dict[str, Any]:
    return {
        "StartTime": f"2027-01-15T09:00:00.{NANOSECONDS}+01:00",
        "ActualQPS": 9.9,
        "NumThreads": 2,
        "DurationHistogram": {"Count": count},
        "RetCodes": {"200": count},
        **changes,
    }


def test_what_is_sent_on_time_takes_what_fortio_says() -> None:
    run = parse(result(), iter(on_time()), PACE)
    assert list(run.latency.milliseconds) == pytest.approx([2.0] * 10, abs=1e-3)
    assert list(run.service.milliseconds) == pytest.approx([2.0] * 10)
    assert (run.requests, run.sent, run.missed, run.failed, run.late) == (10, 12, 0, 0, 0.0)
    assert run.per_second == 9.9


def test_a_request_that_waits_for_the_one_before_it_is_counted_from_its_time() -> None:
    """The second request of a connection takes a second: the others are sent late and at once."""
    lines = on_time()[:1] + on_time()[5:]
    end = planned(0, 1) + 1.0
    lines.append(entry(0, 1, at=planned(0, 1), took=1.0))
    lines += [entry(0, index, at=end) for index in (2, 3, 4)]
    run = parse(result(), iter(lines), PACE)
    waited = [end - planned(0, index) for index in (2, 3, 4)]
    assert run.service.percentile(90) == pytest.approx(2.0)
    assert list(run.latency.milliseconds[-4:]) == pytest.approx(
        sorted([1000.0, *(1000 * wait + 2.0 for wait in waited)]), abs=1e-3
    )
    assert run.late == 0.3


def test_requests_that_are_never_sent_are_told() -> None:
    run = parse(result(9), iter(on_time()[:-1]), PACE)
    assert run.missed == 1


def test_without_a_rate_there_is_no_timetable() -> None:
    pace = Pace(2, 1.0, None)
    run = parse(result(), iter(on_time()), pace)
    assert run.latency is run.service
    assert (run.missed, run.late) == (0, 0.0)


def test_errors_are_counted() -> None:
    run = parse(result(RetCodes={"200": 7, "503": 2, "-1": 1}), iter(on_time()), PACE)
    assert run.failed == 3


def test_a_log_that_lacks_requests_is_refused() -> None:
    with pytest.raises(RehearsalError, match=r"counts 11 requests, but its log holds 10"):
        parse(result(11), iter(on_time()), PACE)


@pytest.mark.parametrize("time", ["2027-01-15T08:00:00Z", "2027-01-15T09:00:00+01:00"])
def test_a_start_on_the_full_second(time: str) -> None:
    lines = [
        json.dumps(json.loads(line) | {"timestamp": json.loads(line)["timestamp"] - NANOSECONDS})
        for line in on_time()
    ]
    run = parse(result(StartTime=time), iter(lines), PACE)
    assert run.late == 0.0
    assert run.latency.longest == pytest.approx(2.0, abs=1e-3)


@pytest.mark.parametrize(
    ("connections", "seconds", "per_second"), [(0, 1, 10), (1, 0, 10), (6, 1, 10)]
)
def test_a_pace_that_fortio_would_change_is_refused(
    connections: int, seconds: float, per_second: float
) -> None:
    with pytest.raises(ValueError, match=r"connection"):
        Pace(connections, seconds, per_second)


def test_a_pace_plans_the_same_number_for_each_connection() -> None:
    assert Pace(32, 60, 1000).planned == 60_000
    assert Pace(7, 1, 100).planned == 98
    assert Pace(7, 1, None).planned == 0


class FakeSupervisor(Supervisor):
    """Plays fortio."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._place = folder
        self.arguments: list[str] = []
        self.files: dict[str, str] = {}

    def subfolder(self, name: str) -> Path:
        path = self._place / name
        path.mkdir()
        return path

    def environment(self, **extra: str) -> dict[str, str]:
        return extra

    def run(self, name: str, argv: Sequence[str | Path], **_: Any) -> None:
        self.arguments = [str(part) for part in argv]
        folder = self._place / name
        self.files = {
            str(path.relative_to(folder)): path.read_text()
            for path in folder.rglob("*")
            if path.is_file()
        }
        (folder / "result.json").write_text(json.dumps(result()))
        (folder / "requests.jsonl").write_text("\n".join(on_time()))

    def option(self, name: str) -> str:
        (value,) = (a.partition("=")[2] for a in self.arguments if a.startswith(f"-{name}="))
        return value


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[FakeSupervisor]:
    yield FakeSupervisor(tmp_path)
    assert list(tmp_path.iterdir()) == [], "a run leaves nothing behind"


REQUEST = Request(
    "POST",
    "https://127.0.0.1:8200",
    "secret/data/x",
    Path("/ca.crt"),
    token="hvs.very-secret",
    payload={"data": {"password": "very-secret"}},
)


def test_secrets_are_in_files_and_not_in_the_arguments(supervisor: FakeSupervisor) -> None:
    run = Fortio(supervisor, Path("/bin/fortio")).run(REQUEST, PACE)
    assert run.requests == 10
    assert "very-secret" not in " ".join(supervisor.arguments)
    assert "very-secret" not in repr(REQUEST)
    assert supervisor.files["flags/H"] == "X-Vault-Token: hvs.very-secret"
    assert json.loads(supervisor.files["payload.json"]) == {"data": {"password": "very-secret"}}


def test_what_fortio_is_told(supervisor: FakeSupervisor) -> None:
    Fortio(supervisor, Path("/bin/fortio")).run(REQUEST, PACE)
    assert supervisor.arguments[:2] == ["/bin/fortio", "load"]
    assert supervisor.arguments[-1] == "https://127.0.0.1:8200/v1/secret/data/x"
    assert "-uniform" in supervisor.arguments
    assert (supervisor.option("qps"), supervisor.option("t"), supervisor.option("c")) == (
        "10.0",
        "1.0s",
        "2",
    )
    assert supervisor.option("X") == "POST"
    assert supervisor.option("cacert") == "/ca.crt"
    assert supervisor.option("loglevel") == "warning", "below it fortio logs the token"


def test_as_fast_as_possible_without_token_and_body(supervisor: FakeSupervisor) -> None:
    request = Request("GET", "http://127.0.0.1:8200", "sys/health", Path("/ca.crt"))
    Fortio(supervisor, Path("/bin/fortio")).run(request, Pace(2, 1.0, None))
    assert supervisor.option("qps") == "0", "which fortio takes for no limit"
    assert supervisor.files == {}


def test_a_run_that_fails_leaves_no_secret_behind(
    supervisor: FakeSupervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, patience: timedelta, **__: Any) -> None:
        assert patience > timedelta(seconds=PACE.seconds)
        raise RehearsalError("fortio-0 must end with exit code 0")

    monkeypatch.setattr(supervisor, "run", fail)
    with pytest.raises(RehearsalError, match=r"exit code 0"):
        Fortio(supervisor, Path("/bin/fortio")).run(REQUEST, PACE)
