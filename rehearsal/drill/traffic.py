"""Clients that write and read throughout a drill.

The open loop sends a write and a read every 20 ms, each to the next server, and waits for none:
what fails, fails. The client that insists does one request after another, tries the next server
when one fails, and gives up after 5 s: so does a well-made application.

Every write of the open loop has a key of its own, to be looked for afterwards. One more key, the
counter, is written again and again by the client that insists; each version that was acknowledged
is the least that a read may return which begins after it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count, cycle
from typing import Any, Final, Self

from rehearsal.drill.impact import Insisted, Operation, Sample
from rehearsal.drill.line import CallFailedError, Line

MOUNT: Final = "drill"
INTERVAL_SECONDS: Final = 0.02
TIMEOUT_SECONDS: Final = 1.0
GIVES_UP_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.02
_SILENT_SECONDS: Final = 20.0
"""After so long without any answer, what is still looked for cannot be read."""
_AT_ONCE: Final = 256
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What became of the acknowledged writes."""

    lost: int
    unverified: int
    """Those that could not be read for another reason; must be none, or nothing is shown."""


@dataclass
class _Seen:
    samples: list[Sample] = field(default_factory=list)
    insisted: list[Insisted] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)
    version: int = 0
    """The newest acknowledged version of the counter."""


class Traffic:
    """Writes and reads below `prefix` of the drill's mount, from entering to leaving."""

    def __init__(self, lines: Mapping[str, Line], prefix: str) -> None:
        self._lines, self._prefix = dict(lines), prefix
        self._seen = _Seen()
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._threads = [
            threading.Thread(target=self._pace, args=(self._write,)),
            threading.Thread(target=self._pace, args=(self._read,)),
            threading.Thread(target=self._insist),
        ]
        self.ended = 0.0
        self._answered = 0.0

    @property
    def samples(self) -> Sequence[Sample]:
        return self._seen.samples

    @property
    def insisted(self) -> Sequence[Insisted]:
        return self._seen.insisted

    @property
    def acknowledged(self) -> int:
        return len(self._seen.acknowledged)

    def __enter__(self) -> Self:
        self._put(next(iter(self._lines.values())), "counter", 0)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self.ended = time.monotonic()
        for thread in self._threads:
            thread.join()
        self._pool.shutdown()

    def flows(self, seconds: float = 1.0) -> bool:
        """Whether at least four writes in ten succeeded of late."""
        since = time.monotonic() - seconds
        recent = 0
        for sample in reversed(self._seen.samples):
            if sample.ended < since - TIMEOUT_SECONDS:
                break
            good = sample.operation is Operation.WRITE and not sample.error
            recent += good and sample.ended >= since
        return recent >= 0.4 * seconds / INTERVAL_SECONDS

    def read_back(self) -> ReadBack:
        """Look for every acknowledged write, once the servers are healthy again: for as long as
        they answer, as thousands of writes take a busy machine its time.
        """
        self._answered = time.monotonic()
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(self._found, self._seen.acknowledged))
        return ReadBack(found.count(False), found.count(None))

    def close(self) -> None:
        for line in self._lines.values():
            line.close()

    def _pace(self, send: Callable[[int, Line], None]) -> None:
        servers = cycle(self._lines.values())
        start = time.monotonic()
        for number, line in zip(count(), servers, strict=False):
            if self._stop.wait(max(0.0, start + number * INTERVAL_SECONDS - time.monotonic())):
                return
            self._pool.submit(send, number, line)

    def _write(self, number: int, line: Line) -> None:
        key = f"{number}"
        error = ""
        try:
            self._put(line, key, key)
            self._seen.acknowledged.append(key)
        except CallFailedError as failed:
            error = str(failed)
        sample = Sample(Operation.WRITE, line.name, time.monotonic(), error)
        self._seen.samples.append(sample)

    def _read(self, _number: int, line: Line) -> None:
        least = self._seen.version
        error, behind = "", 0
        try:
            behind = max(0, least - _version(self._get(line, "counter")))
        except CallFailedError as failed:
            error = str(failed)
        sample = Sample(Operation.READ, line.name, time.monotonic(), error, behind)
        self._seen.samples.append(sample)

    def _insist(self) -> None:
        lines = list(self._lines.values())
        at = 0
        for number in count(1):
            for operation in Operation:
                if self._stop.wait(_PAUSE_SECONDS):
                    return
                at = self._one_insisted(operation, number, lines, at)

    def _one_insisted(
        self, operation: Operation, number: int, lines: Sequence[Line], at: int
    ) -> int:
        """Returns the server that answered, to be asked first the next time."""
        began, least = time.monotonic(), self._seen.version
        for attempt in count(1):
            rest = began + GIVES_UP_SECONDS - time.monotonic()
            if rest <= 0:
                self._seen.insisted.append(
                    Insisted(lines[at].name, began, time.monotonic(), attempt - 1, failed=True)
                )
                return at
            patience = min(TIMEOUT_SECONDS, rest)
            behind = 0
            try:
                if operation is Operation.WRITE:
                    said = self._put(lines[at], "counter", number, patience)
                    self._seen.version = int(said["data"]["version"])
                else:
                    version = _version(self._get(lines[at], "counter", patience))
                    behind = max(0, least - version)
            except CallFailedError:
                at = (at + 1) % len(lines)
                time.sleep(_PAUSE_SECONDS)
            else:
                self._seen.insisted.append(
                    Insisted(lines[at].name, began, time.monotonic(), attempt, behind=behind)
                )
                return at
        raise AssertionError("count() ends never")

    def _found(self, key: str) -> bool | None:
        for line in cycle(self._lines.values()):
            try:
                found = bool(self._get(line, key)["data"]["data"]["value"] == key)
            except CallFailedError as failed:
                if failed.status != _NOT_FOUND:
                    if time.monotonic() > self._answered + _SILENT_SECONDS:
                        return None
                    time.sleep(_PAUSE_SECONDS)
                    continue
                found = False
            self._answered = time.monotonic()
            return found
        return None

    def _put(self, line: Line, key: str, value: object, timeout: float | None = None) -> Any:
        body = {"data": {"value": value}}
        return line.call("PUT", f"{MOUNT}/data/{self._prefix}/{key}", body, timeout)

    def _get(self, line: Line, key: str, timeout: float | None = None) -> Any:
        return line.call("GET", f"{MOUNT}/data/{self._prefix}/{key}", None, timeout)


def _version(said: Any) -> int:
    return int(said["data"]["metadata"]["version"])
