"""A cluster of Vault servers as something that can be hurt and mended.

Processes are killed, ended, frozen and started again by their PID, as nodes and kubelets would;
what is in a server's configuration is none of its business.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from rehearsal.drill.health import View, missing
from rehearsal.drill.line import CallFailedError, Line, trusting
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.servers.vault import VaultServer
from rehearsal.supervisor import Process, Supervisor, wait_until

HEALS_WITHIN: Final = timedelta(seconds=60)
_ANSWERS_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.05
# Vault's manualStepDownSleepPeriod is 10 s: elected before, such a server would lead Raft and yet
# not answer.
_STEPPED_DOWN_SECONDS: Final = 10.5
# Vault gives a server that starts three times Raft's timers, for at most six times the heartbeat's
# timeout (of 1 s): before, it would notice a lost leader too late.
_STARTED_SECONDS: Final = 6.5


class RememberingSupervisor(Supervisor):
    """Knows by name what it started last, such as the servers that a Vault depends on."""

    def __init__(self) -> None:
        super().__init__()
        self._by_name: dict[str, Process] = {}

    def start(self, name: str, *rest: Any, **options: Any) -> Process:
        self._by_name[name] = process = super().start(name, *rest, **options)
        return process

    def process(self, name: str) -> Process:
        """Raises RehearsalError where nothing was started under this name."""
        try:
            return self._by_name[name]
        except KeyError:
            raise RehearsalError(
                f"no process {name} was started: there are {', '.join(sorted(self._by_name))}"
            ) from None


class Cluster:
    """All servers, by name, and what each says."""

    def __init__(self, servers: Sequence[VaultServer], token: str) -> None:
        """`token`: may step down the leader and read autopilot's state."""
        self._servers = {server.name: server for server in servers}
        ca_file = servers[0].ca_file
        assert ca_file is not None, "a cluster speaks TLS"
        self._trust = trusting(str(ca_file))
        self._token = token
        self._lines = self.lines(_ANSWERS_SECONDS)
        self._rested = 0.0

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._servers)

    def __getitem__(self, name: str) -> VaultServer:
        return self._servers[name]

    def lines(self, timeout: float) -> dict[str, Line]:
        """Fresh connections to every server, for a client of its own."""
        return {
            name: Line(name, server.address, self._trust, self._token, timeout)
            for name, server in self._servers.items()
        }

    def line(self, name: str) -> Line:
        return self._lines[name]

    def close(self) -> None:
        """Close the connections; the servers go on."""
        for line in self._lines.values():
            line.close()

    def leader(self) -> str:
        """The active server's name. Raises RehearsalError where there is none for a minute."""

        def active() -> str:
            views = self._views()
            names = [view.name for view in views if view.active]
            if len(names) != 1:
                raise NotYet(f"{len(names)} servers say that they lead")
            return names[0]

        return wait_until(active, awaited="one leader", patience=HEALS_WITHIN)

    def followers(self) -> list[str]:
        leader = self.leader()
        return [name for name in self._servers if name != leader]

    def kill(self, *names: str) -> None:
        """At once, also what is frozen or has ended already."""
        running = [n for n in names if self._servers[n].process.exit_code is None]
        self._signal(signal.SIGKILL, running)
        for name in names:
            self._servers[name].process.reap()

    def terminate(self, name: str) -> None:
        """Ask it to end, and wait until it has."""
        self._signal(signal.SIGTERM, [name])
        self.wait_for_end(name, HEALS_WITHIN)

    def wait_for_end(self, name: str, patience: timedelta) -> None:
        process = self._servers[name].process

        def ended() -> None:
            if process.exit_code is None:
                raise NotYet("it still runs")

        wait_until(ended, awaited=f"the end of {name}", patience=patience)

    def freeze(self, name: str) -> None:
        self._signal(signal.SIGSTOP, [name])

    def thaw(self, name: str) -> None:
        self._signal(signal.SIGCONT, [name])

    def start(self, *names: str) -> None:
        """Start servers that ended, at the same time; each as it was."""
        with ThreadPoolExecutor() as pool:
            for server in pool.map(lambda name: self._servers[name].again(), names):
                self._servers[server.name] = server
        self._needs_rest(_STARTED_SECONDS)

    def step_down(self) -> None:
        """The leader gives up leadership, and will not have it again for 10 s."""
        leader = self.leader()
        self._needs_rest(_STEPPED_DOWN_SECONDS)
        self._lines[leader].call("PUT", "sys/step-down", timeout=10)

    def rest(self) -> None:
        """Wait until no server is still affected by having started or stepped down."""
        time.sleep(max(0.0, self._rested - time.monotonic()))

    def heal(self, patience: timedelta = HEALS_WITHIN) -> tuple[float, str]:
        """Wait until all are healthy and have what was committed before. Returns when (monotonic)
        that was, and what was still missing where patience ended first.
        """
        deadline = time.monotonic() + patience.total_seconds()
        committed = 0
        while True:
            views = self._views()
            lacking = missing(views, self._autopilot(views), committed)
            if committed and not lacking:
                return time.monotonic(), ""
            if time.monotonic() > deadline:
                return time.monotonic(), lacking
            committed = committed or max((v.committed for v in views if v.active), default=0)
            time.sleep(_POLL_SECONDS)

    def working_folder(self, name: str) -> Path:
        """Where a server's relative paths begin. Linux only."""
        return Path(f"/proc/{self._servers[name].process.pid}/cwd").readlink()

    def _needs_rest(self, seconds: float) -> None:
        self._rested = max(self._rested, time.monotonic() + seconds)

    def _views(self) -> list[View]:
        return [self._view(name) for name in self._servers]

    def _autopilot(self, views: Sequence[View]) -> Mapping[str, Any]:
        """The leader's autopilot's state; empty where it says none."""
        for view in views:
            if view.active:
                with suppress(CallFailedError):
                    said = self._lines[view.name].call("GET", "sys/storage/raft/autopilot/state")
                    return dict(said["data"])
        return {}

    def _view(self, name: str) -> View:
        if self._servers[name].process.exit_code is not None:
            return View(name, answers=False)
        try:
            return View.of(name, self._lines[name].call("GET", "sys/leader"))
        except CallFailedError:
            return View(name, answers=False)

    def _signal(self, number: signal.Signals, names: Sequence[str]) -> None:
        for name in names:
            os.kill(self._servers[name].process.pid, number)
