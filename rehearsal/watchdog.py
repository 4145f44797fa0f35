"""Ends what a `Supervisor` started, also when the `Supervisor` no longer can.

Run as a program, it reads from stdin what its parent starts and makes, one line each, and waits.
When the pipe closes, for whatever reason (normal end, Ctrl-C, SIGTERM, SIGHUP, SIGKILL), it ends
these processes and removes these folders. The lines are:

    pid <pid> <number of the signal that ends it gently>
    folder <path>
    keep                                                          leave everything as it is

It deliberately imports nothing but the standard library: it runs on its own, isolated, within
20 ms, and must work when everything else is broken. It ends only processes it was told of and their
descendants, each identified by PID *and* start time, so that a recycled PID is never hit.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

FOLDER_PREFIX = "vaultstack-"
_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.02
_PARENT_CHECK_SECONDS = 1.0
_PROC = Path("/proc")


@dataclass(frozen=True)
class Owned:
    """A process group to end: its leader's PID, the leader's start, and the gentle signal."""

    pid: int
    started: str
    stop_signal: int


@dataclass(frozen=True)
class _Entry:
    """One line of the system's process table. `started` is opaque and only compared."""

    pid: int
    parent: int
    group: int
    zombie: bool
    started: str


def start_of(pid: int) -> str | None:
    """When the process with this PID started, in an opaque form; None when there is none."""
    return next((entry.started for entry in _table(pid) if entry.pid == pid), None)


def end_processes(owned: Sequence[Owned], grace: float = _GRACE_SECONDS) -> list[int]:
    """End process groups and their descendants: gently, last started first, then by force.

    `grace`: seconds between the gentle signals and SIGKILL. Returns the PIDs that are left after
    that and another `grace` seconds, normally none.
    """
    members: dict[int, str] = {}
    _alive(owned, members)  # before any signal: later, orphans have another parent
    ours = _own_groups(owned, {entry.pid: entry for entry in _table()})
    for one in reversed(owned):
        if one.pid in ours:
            _signal_group(one.pid, one.stop_signal)
    _wait_while(lambda: _alive_groups(owned), grace)
    # Descendants in groups of their own had their chance to leave with their leader.
    for pid in _alive(owned, members):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return _wait_while(lambda: _alive(owned, members), grace)


def remove_folders(folders: Sequence[Path]) -> list[Path]:
    """Remove folders a Supervisor made, and say which are still there (normally none).

    A folder whose name does not begin like one of ours is left alone, whatever the caller says.
    """
    for folder in folders:
        if folder.name.startswith(FOLDER_PREFIX):
            shutil.rmtree(folder, ignore_errors=True)
    return [folder for folder in folders if folder.exists()]


def _signal_group(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _own_groups(owned: Sequence[Owned], by_pid: dict[int, _Entry]) -> set[int]:
    # A leader with another start is a stranger who got the PID. A missing leader is no
    # stranger: the system does not hand out a PID while a group of that number exists.
    return {
        one.pid for one in owned if one.pid not in by_pid or by_pid[one.pid].started == one.started
    }


def _wait_while(left: Callable[[], list[int]], seconds: float) -> list[int]:
    deadline = time.monotonic() + seconds
    while (still := left()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return still


def _alive_groups(owned: Sequence[Owned]) -> list[int]:
    table = list(_table())
    groups = _own_groups(owned, {entry.pid: entry for entry in table})
    return [entry.group for entry in table if entry.group in groups and not entry.zombie]


def _alive(owned: Sequence[Owned], members: dict[int, str]) -> list[int]:
    """PIDs of living members; adds newly found members (PID to start) to `members`."""
    table = list(_table())
    by_pid = {entry.pid: entry for entry in table}
    groups = _own_groups(owned, by_pid)
    for entry in table:
        if entry.group in groups:
            members[entry.pid] = entry.started
    found = True
    while found:  # descendants that made a group of their own, such as PostgreSQL's backends
        found = False
        for entry in table:
            parent = by_pid.get(entry.parent)
            if (
                entry.pid not in members
                and parent is not None
                and members.get(parent.pid) == parent.started
            ):
                members[entry.pid] = entry.started
                found = True
    return [
        entry.pid for entry in table if members.get(entry.pid) == entry.started and not entry.zombie
    ]


def _table(only: int | None = None) -> Iterator[_Entry]:
    """The process table (or one line of it): from /proc where there is one, else from ps."""
    if (_PROC / "self" / "stat").exists():
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        names = [str(only)] if only is not None else [path.name for path in _PROC.iterdir()]
        for name in names:
            if name.isdigit():
                with suppress(OSError):  # ended meanwhile
                    yield _from_proc(int(name), (_PROC / name / "stat").read_text(), boot)
        return
    which = ["-p", str(only)] if only is not None else ["-A"]
    command = ["ps", *which, "-o", "pid=,ppid=,pgid=,stat=,lstart="]
    # Exit code 1 only says that there is no such process.
    listing = subprocess.run(command, check=False, capture_output=True, text=True).stdout
    for line in listing.splitlines():
        pid, parent, group, state, started = line.split(maxsplit=4)
        yield _Entry(int(pid), int(parent), int(group), state.startswith("Z"), started.strip())


def _from_proc(pid: int, stat: str, boot: str) -> _Entry:
    # proc_pid_stat(5): the name in parentheses may itself hold spaces and parentheses.
    state, parent, group, *rest = stat.rpartition(")")[2].split()
    ticks = rest[16]  # field 22, counted from boot: so the boot belongs to it
    return _Entry(pid, int(parent), int(group), state in "ZX", f"{boot}/{ticks}")


@dataclass
class _Told:
    """What the parent has said so far."""

    owned: list[Owned]
    folders: list[Path]
    keep: bool = False

    def hear(self, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "keep":
            self.keep = True
        elif word == "folder":
            self.folders.append(Path(rest))
        elif word == "pid":
            pid, number = (int(part) for part in rest.split())
            started = start_of(pid)
            if started is not None:
                self.owned.append(Owned(pid, started, number))


def _lines_until_closed(descriptor: int) -> Iterator[str]:
    """Lines from the pipe, until it closes or the parent is gone."""
    parent = os.getppid()
    buffered = b""
    while True:
        ready, _, _ = select.select([descriptor], [], [], _PARENT_CHECK_SECONDS)
        # A child that the parent forked without exec holds the pipe open, hence the second test.
        if not ready and os.getppid() != parent:
            return
        if ready:
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return
            *lines, buffered = (buffered + chunk).split(b"\n")
            yield from (os.fsdecode(line) for line in lines)


def main() -> int:
    """Listen on stdin until it closes, then clean up. Exit code 1 when something was left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    told = _Told([], [])
    for line in _lines_until_closed(0):
        told.hear(line)
    if told.keep:
        return 0
    left = end_processes(told.owned)
    still_there = remove_folders(told.folders)
    return 1 if left or still_there else 0


if __name__ == "__main__":
    sys.exit(main())
