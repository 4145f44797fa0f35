"""An application that lives on secrets, as a process of its own: it asks the client for secrets
many times a second, and runs SQL with the database credentials that the client keeps valid.

Its `Orders` are a file. SIGTERM ends it, as a kubelet would, and what it saw is written to another;
no secret is in either. SIGUSR1 makes its wall clock jump ahead, SIGUSR2 back.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any, Final

import hvac
import psycopg

from rehearsal.client_drill.samples import Call, Sample
from vaultstack_client import (
    ClientSettings,
    DatabaseCredentials,
    KubernetesLogin,
    Timing,
    VaultClient,
)

_THREADS: Final = 10
_SQL_EVERY_SECONDS: Final = 0.1
_JUMP_SECONDS: Final = 7200.0


@dataclass(frozen=True, slots=True)
class Orders:
    """What the application is to do. Plain values."""

    address: str
    ca_file: str
    token_file: str
    role: str
    mount: str
    paths: tuple[str, ...]
    database_role: str
    database: dict[str, Any]
    """Where PostgreSQL is: psycopg's keywords, without user and password."""
    gets_per_second: int
    started: str
    """File that is made when it has its secrets and begins."""
    output: str
    """File that gets what was seen."""
    compare_seconds: float
    """How long the client and plain hvac are asked as fast as they can; 0: not at all."""


class Application:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._samples: list[Sample] = []
        self.stop = threading.Event()

    def run(self) -> dict[str, Any]:
        """Until SIGTERM. What was seen, as JSON."""
        before = set(threading.enumerate())
        client = VaultClient(_settings(self._orders))
        for path in self._orders.paths:
            client.get_secret(path)  # as an application does that will not start without
        threads = [
            threading.Thread(target=self._ask, args=(client, number)) for number in range(_THREADS)
        ]
        threads.append(threading.Thread(target=self._query, args=(client,)))
        for thread in threads:
            thread.start()
        Path(self._orders.started).touch()
        self.stop.wait()
        for thread in threads:
            thread.join()
        status = client.status()
        compared = self._compare(client) if self._orders.compare_seconds else {}
        client.close()
        return {
            "samples": [asdict(sample) for sample in self._samples],
            "hits": status.hits,
            "misses": status.misses,
            "compared": compared,
            "threads_left": sorted(t.name for t in set(threading.enumerate()) - before),
            "connections_left": _connections(),
        }

    def _ask(self, client: VaultClient, number: int) -> None:
        every = _THREADS / self._orders.gets_per_second
        paths = cycle(self._orders.paths[number % len(self._orders.paths) :] or self._orders.paths)
        start = time.monotonic() + number * every / _THREADS
        for turn, path in zip(count(), paths, strict=False):
            if self.stop.wait(max(0.0, start + turn * every - time.monotonic())):
                return
            with self._sampled(Call.SECRET) as notes:
                notes["stale"] = client.get_secret(path).stale

    def _query(self, client: VaultClient) -> None:
        """Each statement in a connection of its own, so that it shows whether its user is there.

        As an application should, credentials that the database refuses are replaced, once.
        """
        role = self._orders.database_role
        while not self.stop.wait(_SQL_EVERY_SECONDS):
            with self._sampled(Call.SQL):
                credentials = client.get_database_credentials(role)
                try:
                    self._select(credentials)
                except psycopg.OperationalError:
                    self._select(client.get_database_credentials(role, instead_of=credentials))

    def _select(self, credentials: DatabaseCredentials) -> None:
        with psycopg.connect(
            **self._orders.database,
            user=credentials.username,
            password=credentials.password,
            autocommit=True,
        ) as connection:
            connection.execute("SELECT 1")

    @contextmanager
    def _sampled(self, call: Call) -> Iterator[dict[str, bool]]:
        notes: dict[str, bool] = {}
        error, began = "", time.perf_counter()
        try:
            yield notes
        except Exception as failed:  # noqa: BLE001 - whatever reaches an application is counted
            error = type(failed).__name__
        taken = time.perf_counter() - began
        self._samples.append(Sample(call, time.monotonic(), taken, error, **notes))

    def _compare(self, client: VaultClient) -> dict[str, float]:
        """Secrets in a second, one after another: from the client, and from hvac alone."""
        orders = self._orders
        plain = hvac.Client(url=orders.address, verify=orders.ca_file)
        jwt = Path(orders.token_file).read_text(encoding="utf-8").strip()
        plain.auth.kubernetes.login(role=orders.role, jwt=jwt)

        def read(path: str) -> None:
            with self._sampled(Call.PLAIN):
                plain.secrets.kv.v2.read_secret_version(
                    path=path, mount_point=orders.mount, raise_on_deleted_version=True
                )

        figures = {"client": self._rate(client.get_secret), "plain": self._rate(read)}
        plain.auth.token.revoke_self()
        plain.adapter.close()
        return figures

    def _rate(self, get: Callable[[str], object]) -> float:
        began = time.perf_counter()
        for done, path in enumerate(cycle(self._orders.paths), 1):
            get(path)
            elapsed = time.perf_counter() - began
            if elapsed > self._orders.compare_seconds:
                return done / elapsed
        raise AssertionError("cycle() of something ends never")


def _settings(orders: Orders) -> ClientSettings:
    """The defaults, sixty times as fast: minutes become seconds, so that a drill shows hours."""
    return ClientSettings(
        address=orders.address,
        ca_file=Path(orders.ca_file),
        login=KubernetesLogin(role=orders.role, token_file=Path(orders.token_file)),
        timing=Timing(
            check_every=timedelta(seconds=1),
            renew_token_below=timedelta(seconds=5),
            reissue_database_below=timedelta(seconds=10),
            secret_fresh_for=timedelta(seconds=1),
            serve_stale_for=timedelta(minutes=1),
            deadline=timedelta(seconds=5),
        ),
    )


def _connections() -> int:
    """TCP connections of this process that are open. Linux only."""
    links = set()
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            links.add(str(descriptor.readlink()))
    lines = Path("/proc/self/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return sum(f"socket:[{line.split()[9]}]" in links for line in lines)


def _jump(seconds: float) -> None:
    """The wall clock of this process: what asks `time.time()` sees another time from now on."""
    true = time.time
    time.time = lambda: true() + seconds


def main(orders_file: str) -> None:
    given = json.loads(Path(orders_file).read_text(encoding="utf-8"))
    orders = Orders(**{**given, "paths": tuple(given["paths"])})
    application = Application(orders)
    signal.signal(signal.SIGTERM, lambda *_: application.stop.set())
    signal.signal(signal.SIGUSR1, lambda *_: _jump(_JUMP_SECONDS))
    signal.signal(signal.SIGUSR2, lambda *_: _jump(-_JUMP_SECONDS))
    seen = application.run()
    Path(orders.output).write_text(json.dumps(seen), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1])
