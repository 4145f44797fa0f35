"""Runs `fortio load` and reads every request's times from it.

fortio sends at a constant rate over a fixed number of connections, whatever the answers take: each
connection has a timetable, and one that is late sends at once until it has caught up. fortio's own
latency begins when a request is sent, so the time that a request waits behind a slow answer of its
connection does not show in it. Therefore latency here counts from the request's place in the
timetable, which is computed as fortio does (periodic/periodic.go), to its answer; what fortio says
itself is kept as `service`.

No secret is on the command line or in a log: the token is read from a file, as is the payload.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from rehearsal.errors import RehearsalError
from rehearsal.load.latency import Distribution
from rehearsal.supervisor import Supervisor, write_private

_REQUEST_TIMEOUT = timedelta(seconds=10)
_PATIENCE = timedelta(seconds=60)
"""Beyond the run itself: connecting, the last answers, and writing the result."""
_UNLIMITED = "0"
_FRACTION = re.compile(r"\.(\d+)")


@dataclass(frozen=True, slots=True)
class Request:
    """What every request of a run is. `path` is below `/v1/`; without a `payload`, which is sent as
    JSON, there is no body.
    """

    method: str
    address: str
    path: str
    ca_file: Path
    token: str = field(default="", repr=False)
    payload: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"{self.address}/v1/{self.path}"


@dataclass(frozen=True, slots=True)
class Pace:
    """How requests are sent. `per_second` None: each connection as fast as it gets answers, which
    measures throughput and no latency that an application would see.
    """

    connections: int
    seconds: float
    per_second: float | None

    def __post_init__(self) -> None:
        if self.connections < 1 or self.seconds <= 0:
            raise ValueError(f"{self}: at least one connection, for more than 0 seconds")
        if self.per_second is not None and self.planned < 2 * self.connections:
            raise ValueError(
                f"{self}: each connection must send at least twice; take fewer connections, "
                "or more seconds"
            )

    @property
    def planned(self) -> int:
        """How many requests a constant rate makes: the same number for each connection."""
        each = int((self.per_second or 0) * self.seconds) // self.connections
        return each * self.connections


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it."""

    pace: Pace
    codes: Mapping[int, int]
    """HTTP status -> how many answers; -1: no answer."""
    per_second: float
    """Answers, as it turned out."""
    service: Distribution
    """From sending to the answer."""
    latency: Distribution
    """From the place in the timetable to the answer, which holds up to 1 ms of the client's own
    timer; without a constant rate as `service`.
    """
    late: float
    """Which part of the requests was sent more than 1 ms after its time, from 0 to 1."""

    @property
    def requests(self) -> int:
        return len(self.service)

    @property
    def sent(self) -> int:
        """With the one that opens each connection, which is not measured."""
        return self.requests + self.pace.connections

    @property
    def missed(self) -> int:
        """Requests that a constant rate planned and fortio did not get to before the end: of a run
        that misses some, the latencies are too good to be true.
        """
        return 0 if self.pace.per_second is None else self.pace.planned - self.requests

    @property
    def failed(self) -> int:
        return sum(number for code, number in self.codes.items() if not 200 <= code < 300)


class Fortio:
    """Starts fortio under a supervisor, once for each run."""

    def __init__(self, supervisor: Supervisor, binary: Path) -> None:
        self._supervisor, self._binary = supervisor, binary
        self._numbers = count()

    def run(self, request: Request, pace: Pace) -> Run:
        """Returns after the run. Raises `RehearsalError` where fortio cannot do it, for instance
        because the very first answer is an error; later errors are counted.
        """
        name = f"fortio-{next(self._numbers)}"
        folder = self._supervisor.subfolder(name)
        try:
            self._supervisor.run(
                name,
                [self._binary, *_arguments(folder, request, pace)],
                env=self._supervisor.environment(),
                patience=timedelta(seconds=pace.seconds) + _PATIENCE,
            )
            result = json.loads((folder / "result.json").read_text())
            with (folder / "requests.jsonl").open() as lines:
                return parse(result, lines, pace)
        finally:
            shutil.rmtree(folder)


def _arguments(folder: Path, request: Request, pace: Pace) -> list[str]:
    secrets = folder / "flags"
    secrets.mkdir(mode=0o700)
    if request.token:
        # fortio takes the flags that are named like the files of this folder from them.
        write_private(secrets / "H", f"X-Vault-Token: {request.token}")
    arguments = [
        "load",
        # Below this level fortio logs the flags that it was given.
        "-loglevel=warning",
        f"-config-dir={secrets}",
        f"-cacert={request.ca_file}",
        f"-X={request.method}",
        f"-qps={_UNLIMITED if pace.per_second is None else pace.per_second}",
        f"-t={pace.seconds}s",
        f"-c={pace.connections}",
        "-uniform",
        f"-timeout={_REQUEST_TIMEOUT.total_seconds():g}s",
        f"-json={folder / 'result.json'}",
        f"-access-log-file={folder / 'requests.jsonl'}",
    ]
    if request.payload is not None:
        payload = write_private(folder / "payload.json", json.dumps(request.payload))
        arguments += [f"-payload-file={payload}", "-content-type=application/json"]
    return [*arguments, request.url]


@dataclass(frozen=True, slots=True)
class _Sent:
    """One request: seconds since the run began, and until the answer."""

    connection: int
    index: int
    at: float
    took: float


def parse(result: Mapping[str, Any], access_log: Iterator[str], pace: Pace) -> Run:
    """Of fortio's JSON and its log of requests. Raises `RehearsalError` where the two differ."""
    begin = _nanoseconds(result["StartTime"])
    sent = [_read(line, begin) for line in access_log]
    if len(sent) != result["DurationHistogram"]["Count"] or not sent:
        raise RehearsalError(
            f"fortio counts {result['DurationHistogram']['Count']} requests, but its log holds "
            f"{len(sent)}: the disk may be full"
        )
    # fortio may have taken fewer connections than asked; its timetable is made for these.
    connections = result["NumThreads"]
    service = Distribution.of_seconds(one.took for one in sent)
    codes = {int(code): int(number) for code, number in result["RetCodes"].items()}
    if pace.per_second is None:
        return Run(pace, codes, result["ActualQPS"], service, service, 0.0)
    delays = [one.at - _due(one, pace, connections) for one in sent]
    latency = Distribution.of_seconds(
        # No request is early: what looks so is the clock's rounding.
        one.took + max(delay, 0.0)
        for one, delay in zip(sent, delays, strict=True)
    )
    late = sum(delay > 0.001 for delay in delays) / len(delays)
    return Run(pace, codes, result["ActualQPS"], service, latency, late)


def _read(line: str, begin: int) -> _Sent:
    entry = json.loads(line)
    return _Sent(
        entry["thread"], entry["iter"], (entry["timestamp"] - begin) / 1e9, entry["latency"]
    )


def _due(one: _Sent, pace: Pace, connections: int) -> float:
    """When fortio's timetable has it, in seconds since the run began: connections begin evenly
    spread, and each stretches its intervals a little so that the last request ends the run.
    """
    assert pace.per_second is not None
    interval = connections / pace.per_second
    each = int(pace.per_second * pace.seconds) // connections
    stretched = one.index * (1 + 1 / (each - 1))
    return interval * (one.connection / connections + stretched)


def _nanoseconds(time: str) -> int:
    """Since the epoch, of an RFC 3339 time with up to nine decimals; `datetime` has but six."""
    found = _FRACTION.search(time)
    fraction = found.group(1) if found else ""
    whole = datetime.fromisoformat(_FRACTION.sub("", time))
    return int(whole.timestamp()) * 1_000_000_000 + int(fraction.ljust(9, "0"))
