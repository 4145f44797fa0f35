"""What a drill touches: servers that are made of dictionaries, and a cluster, its clients and its
processes that do nothing, but write down what they are told.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Self

from rehearsal.drill.cluster import Cluster, RememberingSupervisor
from rehearsal.drill.episode import Episode, Ground
from rehearsal.drill.fifo import FifoReader
from rehearsal.drill.line import CallFailedError, Line
from rehearsal.drill.traffic import Traffic
from rehearsal.servers.vault import VaultServer
from rehearsal.supervisor import Process
from rehearsal.watchdog import Owned

NAMES: Final = ("a", "b", "c", "d", "e")
_NOBODY: Final = 1_000_000_000
"""Added to every PID: no system gives such a one, should a signal get out of a test."""


class Store:
    """A secrets engine with versions, which all lines share."""

    def __init__(self) -> None:
        self.versions: dict[str, list[Any]] = {}
        self._lock = threading.Lock()

    def put(self, path: str, value: Any) -> int:
        with self._lock:
            self.versions.setdefault(path, []).append(value)
            return len(self.versions[path])


class FakeLine(Line):
    def __init__(self, name: str, store: Store) -> None:
        self.name, self._store = name, store
        self.broken = ""
        self.forgets: Callable[[str], bool] = lambda _key: False
        self.late = self.closed = 0

    def call(self, method: str, path: str, body: Any = None, *_: Any) -> Any:
        if self.broken:
            raise CallFailedError(self.broken)
        if method == "PUT":
            key = path.rpartition("/")[2]
            if self.forgets(key):
                return {"data": {"version": 1}}
            return {"data": {"version": self._store.put(path, body["data"]["value"])}}
        versions = self._store.versions.get(path)
        if not versions:
            raise CallFailedError("404", 404)
        shown = max(1, len(versions) - self.late)
        data = {"data": {"value": versions[shown - 1]}, "metadata": {"version": shown}}
        return {"data": data}

    def close(self) -> None:
        self.closed += 1


class FakeProcess(Process):
    """No process at all; `code` is what it ended with."""

    code: int | None = None

    @property
    def exit_code(self) -> int | None:
        return self.code


def process(name: str, number: int, folder: Path) -> FakeProcess:
    popen: Any = None
    pid = _NOBODY + number
    return FakeProcess(name, pid, folder / f"{name}.log", Owned(pid, "never", 0), popen)


class ToldLine(Line):
    """Connections to one server, over which audit devices are made."""

    def __init__(self, name: str, told: list[str]) -> None:
        self.name, self._told = name, told
        self.refuses = ""
        """The path that it refuses."""

    def call(self, method: str, path: str, body: Any = None, *_: Any, **__: Any) -> Any:
        device = f" {body['type']} {body['options']['file_path']}" if body else ""
        self._told.append(f"{method} {path}{device} at {self.name}")
        if path == self.refuses:
            raise CallFailedError("500 audit")


class ToldCluster(Cluster):
    """Five servers. What is not here would touch a process, and fails."""

    def __init__(self, told: list[str], folder: Path) -> None:
        self._told, self._folder = told, folder
        self.processes = {name: process(name, n, folder) for n, name in enumerate(NAMES)}
        self.own = {name: ToldLine(name, told) for name in NAMES}
        self.leads = NAMES[0]
        self.fails: Callable[[str], None] = lambda _name: None
        """Called when a server starts; what it raises, the start raises."""

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.processes)

    def __getitem__(self, name: str) -> VaultServer:
        server = self.processes[name]
        address = f"https://127.0.0.1:{server.pid}"
        return VaultServer(name, address, server, again=lambda: self[name])

    def line(self, name: str) -> Line:
        return self.own[name]

    def leader(self) -> str:
        return self.leads

    def kill(self, *names: str) -> None:
        self._told.append(f"kill {' '.join(names)}")

    def terminate(self, name: str) -> None:
        self._told.append(f"terminate {name}")

    def freeze(self, name: str) -> None:
        self._told.append(f"freeze {name}")

    def thaw(self, name: str) -> None:
        self._told.append(f"thaw {name}")

    def start(self, *names: str) -> None:
        self._told.append(f"start {' '.join(names)}")
        for name in names:
            self.fails(name)

    def followers(self) -> list[str]:
        return [name for name in self.names if name != self.leads]

    def step_down(self) -> None:
        self._told.append("step down")

    def working_folder(self, name: str) -> Path:
        return self._folder / name


class ToldSupervisor(RememberingSupervisor):
    """Its folder is the test's, and the KMS is what it started."""

    def __init__(self, told: list[str], folder: Path) -> None:
        self._told, self._place = told, folder
        self.kms = process("aws", len(NAMES), folder)

    def process(self, name: str) -> Process:
        assert name == self.kms.name, "drills ask for the KMS only"
        return self.kms

    def subfolder(self, name: str) -> Path:
        path = self._place / name
        path.mkdir()
        return path

    def end(self, ended: Process) -> None:
        self._told.append(f"end {ended.name}")


class ToldPipes(FifoReader):
    """Pipes that are not there."""

    def __init__(self, told: list[str], paths: Mapping[str, Path]) -> None:
        self._told, self._where = told, paths

    def __enter__(self) -> Self:
        ends = (f"{path.parent.name}/{path.name}" for path in self._where.values())
        self._told.append(f"pipes {' '.join(ends)}")
        return self

    def __exit__(self, *_: object) -> None:
        self._told.append("no pipes")

    def pause(self, name: str) -> None:
        self._told.append(f"pause {name}")

    def resume(self) -> None:
        self._told.append("resume")


class SteadyTraffic(Traffic):
    """Nobody writes or reads, and all goes well."""

    def __init__(self) -> None:
        pass

    def flows(self, _seconds: float = 1.0) -> bool:
        return True


class ToldEpisode(Episode):
    """Tells when it is struck, mended, and waited for; it waits no second."""

    def __init__(self, told: list[str], ground: Ground) -> None:
        super().__init__(ground, SteadyTraffic(), "test-1")
        self.told = told

    def strike(self) -> None:
        super().strike()
        self.told.append("STRIKE")

    def mend(self) -> None:
        super().mend()
        self.told.append("MEND")

    def until_flowing(self) -> None:
        self.told.append("flowing")
