"""Throwaway processes and files that never outlive the rehearsal.

A `Supervisor` owns a private folder and the processes started through it. Whatever ends the
rehearsal (its end, an exception, Ctrl-C, SIGTERM, SIGHUP, SIGKILL), processes and folder go: a
second, tiny process (`rehearsal.watchdog`) holds the other end of a pipe and cleans up when that
closes. Only `keep` leaves them, for `stop_kept` to end later.

It deliberately does not restart what dies, and installs no signal handlers: those belong to the
program. Nor does it pass on the caller's environment: servers see what they are given. To the
caller's own environment it adds one thing, that loopback addresses are asked without a proxy.
"""

import json
import os
import pwd
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypedDict, TypeVar

from rehearsal import ports, watchdog
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.watchdog import Owned

T = TypeVar("T")

KEPT_FILE: Final = "processes.json"
_POLL: Final = timedelta(milliseconds=25)
_WATCHDOG_PATIENCE: Final = timedelta(seconds=15)
# Announces its PID through stdout (the watchdog's pipe), then becomes the program, whose stdout is
# the log. So no process of ours ever runs unannounced, even if we are killed this very instant.
_SHIM: Final = 'printf "pid %s %s\\n" "$$" "$0" && exec "$@" >&2'


@dataclass(frozen=True)
class Process:
    """A process that a `Supervisor` started: its own session and group, output in `log`."""

    name: str
    pid: int
    log: Path
    owned: Owned = field(repr=False)
    _popen: "subprocess.Popen[bytes]" = field(repr=False, compare=False)

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._popen.poll()

    def reap(self) -> None:
        """Collect the exit code of a process that has just ended, so that no zombie stays."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(timeout=1)

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log."""
        return last_lines(self.log, lines)

    def require_alive(self) -> None:
        """Raise RehearsalError, with the last lines of its log, if it is no longer running."""
        if self.exit_code is not None:
            raise RehearsalError(
                f"{self.name} ended with exit code {self.exit_code}, but must keep running. "
                f"The last lines of its log say why:\n{self.tail()}"
            )


class _KeptProcess(TypedDict):
    name: str
    pid: int
    started: str
    stop_signal: int


class _Kept(TypedDict):
    """The content of `processes.json`."""

    folders: list[str]
    processes: list[_KeptProcess]


class Supervisor:
    """Starts processes in a private folder and leaves nothing of either behind.

    Use as a context manager. All methods may be called from several threads at once.
    """

    def __init__(self) -> None:
        self.folder: Final = _new_folder_path()
        self._folders: list[Path] = []
        self._processes: list[Process] = []
        self._lock = threading.Lock()
        self._kept = False
        self._watchdog: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        ports.ask_directly()
        self._watchdog = _start_watchdog()
        self._make(self.folder)
        for name in ("logs", "tmp"):
            (self.folder / name).mkdir(mode=0o700)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._kept:
            self.stop()

    def subfolder(self, name: str) -> Path:
        """A new folder (0700) in the private folder, for the server of this name."""
        path = self.folder / name
        path.mkdir(mode=0o700)
        return path

    def folder_of_user(self, user: int) -> Path:
        """A new folder (0700) that belongs to another user id and goes with all the rest.

        Beside the private folder and not in it: another user could not reach it there.
        """
        path = _new_folder_path()
        self._make(path)
        os.chown(path, user, -1)
        return path

    def environment(self, **extra: str) -> dict[str, str]:
        """The environment for a server: nothing of the caller's but where programs are found.

        So no VAULT_*, AWS_*, KUBECONFIG, proxy or token of the caller reaches a server, and its
        temporary files land in the private folder.
        """
        passed_on = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
        inherited = {name: os.environ[name] for name in passed_on if name in os.environ}
        own = {"HOME": str(self.folder), "TMPDIR": str(self.folder / "tmp"), "LANG": "C"}
        return {"PATH": os.defpath, **inherited, **own, **extra}

    def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        cwd: Path | None = None,
        user: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        log: Path | None = None,
    ) -> Process:
        """Start a program in a session of its own and return at once.

        `env` is the whole environment. `user`: the user id to run as (needs root). `stop_signal`:
        what ends it gently. `log`: where its output is appended, by default logs/<name>.log in
        the private folder. Raises RehearsalError if the program does not exist, or if the name is
        in use by a process that runs.
        """
        pipe = self._pipe
        self._require_startable(name, argv)
        log = log or self.folder / "logs" / f"{name}.log"
        command = ["/bin/sh", "-c", _SHIM, str(int(stop_signal)), *(str(part) for part in argv)]
        group = None if user is None else pwd.getpwuid(user).pw_gid
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as output:
            popen = subprocess.Popen(
                command,
                env=dict(env),
                cwd=cwd or self.folder,
                stdin=subprocess.DEVNULL,
                stdout=pipe,
                stderr=output,
                start_new_session=True,
                user=user,
                group=group,
                extra_groups=None if user is None else [],
            )
        owned = Owned(popen.pid, watchdog.start_of(popen.pid) or "ended", int(stop_signal))
        process = Process(name, popen.pid, log, owned, popen)
        with self._lock:
            self._processes.append(process)
        return process

    def run(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        env: Mapping[str, str],
        patience: timedelta,
        user: int | None = None,
    ) -> None:
        """Start a program as `start` does and wait until it ends with exit code 0.

        Raises RehearsalError, with the last lines of its log, if it ends otherwise or too late.
        """
        process = self.start(name, argv, env=env, user=user)

        def ended() -> int:
            if process.exit_code is None:
                raise NotYet("it still runs")
            return process.exit_code

        code = wait_until(ended, awaited=f"the end of {name}", patience=patience)
        self._forget(process)
        if code != 0:
            raise RehearsalError(
                f"{name} must end with exit code 0, but ended with {code}. The last lines of its "
                f"log say why:\n{process.tail()}"
            )

    def end(self, process: Process) -> None:
        """End one process before the others, for instance to try a failover. Files stay."""
        self._end([process])
        self._forget(process)

    def stop(self) -> None:
        """End all processes, last started first, and remove the folders. May be called twice.

        Raises RehearsalError if something could not be ended or removed, naming it.
        """
        if self._watchdog is None:
            return
        try:
            with self._lock:
                processes, self._processes = self._processes, []
            self._end(processes)
            still_there = watchdog.remove_folders(self._folders)
        finally:
            # If the above was interrupted, the watchdog does the rest: closing the pipe tells it.
            self._dismiss_watchdog()
        if still_there:
            raise RehearsalError(
                f"could not remove {', '.join(map(str, still_there))}: a rehearsal leaves nothing "
                f"behind. Remove it by hand: rm -r {' '.join(map(str, still_there))}"
            )

    def keep(self) -> Path:
        """Leave everything running when this ends, and return the folder for `stop_kept`.

        Writes `processes.json` there: what runs, by PID and start time.
        """
        with self._lock:
            record: _Kept = {
                "folders": [str(folder) for folder in self._folders],
                "processes": [
                    {
                        "name": process.name,
                        "pid": process.pid,
                        "started": process.owned.started,
                        "stop_signal": process.owned.stop_signal,
                    }
                    for process in self._processes
                ],
            }
            write_private(self.folder / KEPT_FILE, json.dumps(record, indent=2))
            self._tell("keep")
            self._kept = True
        self._dismiss_watchdog()
        return self.folder

    @staticmethod
    def stop_kept(folder: Path) -> None:
        """End exactly what an earlier `keep` left running, and remove its files.

        `folder` is what `keep` returned. Processes that ended meanwhile are passed over, a
        stranger who got such a PID is left alone. Raises RehearsalError if the folder is not one.
        """
        record = _read_kept(folder)
        owned = [
            Owned(entry["pid"], entry["started"], entry["stop_signal"])
            for entry in record["processes"]
        ]
        left = watchdog.end_processes(owned)
        still_there = watchdog.remove_folders([Path(path) for path in record["folders"]])
        if left or still_there:
            raise RehearsalError(
                f"could not end everything kept in {folder}: processes {left}, folders "
                f"{[str(path) for path in still_there]} are still there. End and remove them by "
                "hand, as the user who started them."
            )

    @property
    def _pipe(self) -> int:
        if self._watchdog is None or self._watchdog.stdin is None:
            raise RehearsalError(
                "this Supervisor is not running: processes are started between entering and "
                "leaving its `with` block"
            )
        return self._watchdog.stdin.fileno()

    def _tell(self, line: str) -> None:
        os.write(self._pipe, os.fsencode(f"{line}\n"))

    def _make(self, folder: Path) -> None:
        # Told first, made second: killed in between, there is still nothing left behind.
        self._tell(f"folder {folder}")
        folder.mkdir(mode=0o700)
        self._folders.append(folder)

    def _require_startable(self, name: str, argv: Sequence[str | Path]) -> None:
        program = Path(argv[0])
        if not (program.is_absolute() and os.access(program, os.X_OK)):
            raise RehearsalError(
                f"{name}: {program} must be the absolute path of an executable file"
            )
        with self._lock:
            running = [one.name for one in self._processes if one.exit_code is None]
        if name in running:
            raise RehearsalError(
                f"{name} already runs: two processes with one name would share a log. "
                "Give the second another name, or end the first."
            )

    def _forget(self, process: Process) -> None:
        with self._lock:
            self._processes = [other for other in self._processes if other is not process]

    def _end(self, processes: Sequence[Process]) -> None:
        left = watchdog.end_processes([process.owned for process in processes])
        for process in processes:
            process.reap()
        if left:
            raise RehearsalError(
                f"processes {left} of {', '.join(one.name for one in processes)} did not end, "
                "even by SIGKILL. End them by hand, as the user who started them."
            )

    def _dismiss_watchdog(self) -> None:
        dog, self._watchdog = self._watchdog, None
        if dog is None or dog.stdin is None:
            return
        dog.stdin.close()
        try:
            dog.wait(timeout=_WATCHDOG_PATIENCE.total_seconds())
        except subprocess.TimeoutExpired:
            dog.kill()
            dog.wait()


def wait_until(
    check: Callable[[], T],
    *,
    awaited: str,
    patience: timedelta,
    processes: Sequence[Process] = (),
) -> T:
    """Call `check` until it no longer raises NotYet, and return what it returns.

    `awaited` completes "waited for ...". `patience`: how long at most. `processes`: those that
    must be alive meanwhile; the first that is not ends the wait. Raises RehearsalError.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        try:
            return check()
        except NotYet as reason:
            for process in processes:
                process.require_alive()
            if time.monotonic() > deadline:
                raise RehearsalError(_late(awaited, patience, str(reason), processes)) from None
            time.sleep(_POLL.total_seconds())


def last_lines(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented, led by its path."""
    try:
        text = log.read_text(errors="replace").splitlines()[-lines:]
    except OSError as error:
        text = [f"(unreadable: {error.strerror})"]
    return "\n".join([f"  {log}:", *(f"  | {line}" for line in text or ["(empty)"])])


def write_private(path: Path, text: str) -> Path:
    """Write a new file that only its owner may read (0600); an older one is replaced."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return path


def _new_folder_path() -> Path:
    name = f"{watchdog.FOLDER_PREFIX}{secrets.token_hex(8)}"
    return Path(tempfile.gettempdir()).resolve() / name


def _start_watchdog() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-I", "-S", watchdog.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,  # so that Ctrl-C in the terminal does not reach it
    )


def _late(awaited: str, patience: timedelta, reason: str, processes: Sequence[Process]) -> str:
    logs = "\n".join(process.tail() for process in processes)
    return (
        f"waited {patience.total_seconds():g} s for {awaited}, in vain: {reason}. "
        f"See the log, or try again on a less busy machine.\n{logs}"
    )


def _read_kept(folder: Path) -> _Kept:
    try:
        if folder.stat().st_uid != os.geteuid():
            raise RehearsalError(f"{folder} belongs to another user: it can end only there")
        record: _Kept = json.loads((folder / KEPT_FILE).read_text())
    except (FileNotFoundError, NotADirectoryError):
        raise RehearsalError(
            f"{folder} holds no {KEPT_FILE}: it is not the folder of a kept rehearsal, or that "
            "rehearsal was already ended. Give the folder that was printed when it was kept."
        ) from None
    return record
