"""One run of one drill: the application that runs, and what it is made to suffer."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from rehearsal.client_drill.application import Orders
from rehearsal.client_drill.samples import Call, Sample
from rehearsal.drill.cluster import Cluster
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.servers import python_path
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import Process, Supervisor, wait_until, write_private
from rehearsal.vault_api import VaultApi

_STARTS_WITHIN: Final = timedelta(seconds=60)
_ENDS_WITHIN: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Ground:
    """Where drills take place."""

    supervisor: Supervisor
    stood: StoodUp
    cluster: Cluster
    root: VaultApi
    service: Process
    """Between the application and the servers."""
    orders: Orders
    token: Callable[[], str]
    """A fresh token of the application's service account."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the application saw, from its start to its end."""

    samples: tuple[Sample, ...] = field(repr=False)
    hits: int
    misses: int
    compared: Mapping[str, float]
    threads_left: tuple[str, ...]
    connections_left: int

    @classmethod
    def read(cls, file: Path) -> Seen:
        given = json.loads(file.read_text(encoding="utf-8"))
        samples = tuple(
            Sample(**{**sample, "call": Call(sample["call"])}) for sample in given.pop("samples")
        )
        return cls(samples=samples, **{**given, "threads_left": tuple(given["threads_left"])})


class Running:
    """The application, as a process."""

    def __init__(self, ground: Ground, name: str, *, compare_seconds: float = 0) -> None:
        """Start it, and wait until it has its secrets. Raises RehearsalError."""
        folder = ground.supervisor.subfolder(f"application-{name}")
        self._orders = replace(
            ground.orders,
            token_file=str(write_private(folder / "token", ground.token())),
            started=str(folder / "started"),
            output=str(folder / "seen.json"),
            compare_seconds=compare_seconds,
        )
        orders = write_private(folder / "orders.json", json.dumps(asdict(self._orders)))
        self._process = ground.supervisor.start(
            f"application-{name}",
            [sys.executable, "-m", "rehearsal.client_drill.application", orders],
            env=ground.supervisor.environment(**python_path()),
        )
        wait_until(
            self._started,
            awaited="the application to have its secrets",
            patience=_STARTS_WITHIN,
            processes=[self._process],
        )

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def end(self) -> Seen:
        """Ask it to end, and read what it saw. Raises RehearsalError."""
        self.signal(signal.SIGTERM)

        def ended() -> int:
            if self._process.exit_code is None:
                raise NotYet("it still runs")
            return self._process.exit_code

        if code := wait_until(ended, awaited="the application to end", patience=_ENDS_WITHIN):
            raise RehearsalError(
                f"the application ended with {code}; its last lines:\n{self._process.tail()}"
            )
        return Seen.read(Path(self._orders.output))

    def _started(self) -> None:
        if not Path(self._orders.started).exists():
            raise NotYet("it has none yet")


@dataclass
class Episode:
    """What a drill is given. It strikes, and mends what it broke."""

    ground: Ground
    application: Running
    struck: float | None = None
    """Seconds of the monotonic clock, like `mended`."""
    mended: float | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def cluster(self) -> Cluster:
        return self.ground.cluster

    def strike(self) -> None:
        """What comes next is the event."""
        self.struck = time.monotonic()

    def mend(self) -> None:
        """The event's cause is over."""
        self.mended = time.monotonic()


@dataclass(frozen=True, slots=True)
class Drill:
    """What befalls the application, and for how long it is watched afterwards."""

    name: str
    title: str
    play: Callable[[Episode], None]
    watched_seconds: float = 4.0
    compare_seconds: float = 0.0
    """How long client and plain hvac are compared when the drill is over."""
