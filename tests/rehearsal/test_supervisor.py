"""What is started for a rehearsal ends with it, however it ends; and nothing else does."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from rehearsal import ports, supervisor, watchdog
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.supervisor import Process, Supervisor, wait_until
from rehearsal.watchdog import Owned

SHELL = "/bin/sh"
SLEEP = [SHELL, "-c", "exec sleep 1000"]
SOON = timedelta(seconds=10)
ROOT = Path(supervisor.__file__).resolve().parent.parent

# Starts a server with a child in a session of its own, which a signal to the group does not reach.
PARENT = """
import sys, time
from rehearsal.supervisor import Supervisor
CHILD = "import time; time.sleep(1000)"
SERVER = (
    "import subprocess, sys, time; "
    f"p = subprocess.Popen([sys.executable, '-c', {CHILD!r}], start_new_session=True); "
    "print(p.pid, flush=True); time.sleep(1000)"
)
with Supervisor() as own:
    process = own.start("server", [sys.executable, "-u", "-c", SERVER], env=own.environment())
    while not process.log.read_text().strip():
        time.sleep(0.01)
    print(process.pid, process.log.read_text().strip(), own.folder, flush=True)
    LAST
"""


def is_running(pid: int) -> bool:
    return any(entry.pid == pid and not entry.zombie for entry in watchdog._table(pid))


def require_gone(pids: list[int], folder: Path) -> None:
    def gone() -> None:
        left = [pid for pid in pids if is_running(pid)]
        if left or folder.exists():
            raise NotYet(f"{left} run, folder exists: {folder.exists()}")

    wait_until(gone, awaited="everything to be gone", patience=SOON)


@contextmanager
def parent(last: str) -> Iterator[tuple["subprocess.Popen[str]", list[int], Path]]:
    """A program with a Supervisor, which ends with the statement `last`."""
    program = PARENT.replace("LAST", last)
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout is not None
        server, child, folder = running.stdout.readline().split()
        yield running, [int(server), int(child)], Path(folder)
        running.kill()


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_nothing_is_left_when_the_rehearsal_is_ended_by(name: str) -> None:
    with parent("time.sleep(1000)") as (running, pids, folder):
        assert all(map(is_running, pids))
        running.send_signal(signal.Signals[name])
        running.wait()
        require_gone(pids, folder)


@pytest.mark.parametrize("last", ["pass", "raise ValueError", "import os; os._exit(3)"])
def test_nothing_is_left_when_the_rehearsal_ends_by_itself(last: str) -> None:
    with parent(last) as (running, pids, folder):
        running.wait()
        require_gone(pids, folder)


def test_a_forked_child_that_holds_the_pipe_does_not_keep_servers_alive() -> None:
    with parent("import os; os.fork() or time.sleep(1000); time.sleep(1000)") as (
        running,
        pids,
        folder,
    ):
        time.sleep(0.2)
        children = [entry.pid for entry in watchdog._table() if entry.parent == running.pid]
        running.kill()
        running.wait()
        require_gone(pids, folder)
        for pid in children:
            if is_running(pid):
                os.kill(pid, signal.SIGKILL)


def test_after_leaving_nothing_is_left_and_nothing_can_be_started() -> None:
    with Supervisor() as own:
        process = own.start("sleeper", SLEEP, env=own.environment())
        folder = own.folder
        assert is_running(process.pid)
    assert process.exit_code == -signal.SIGTERM
    assert not folder.exists()
    with pytest.raises(RehearsalError, match="not running"):
        own.start("late", SLEEP, env={})
    own.stop()  # a second time is harmless


def test_the_folder_and_the_logs_are_private() -> None:
    with Supervisor() as own:
        process = own.start("sleeper", SLEEP, env=own.environment())
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (own.folder, process.log)]
    assert modes == [0o700, 0o600]


def test_a_process_that_ignores_the_gentle_signal_is_killed() -> None:
    command = "trap '' TERM; echo ready; while true; do sleep 1; done"
    with Supervisor() as own:
        process = own.start("stubborn", [SHELL, "-c", command], env=own.environment())
        wait_until(lambda: says(process, "ready"), awaited="the trap", patience=SOON)
        assert watchdog.end_processes([process.owned], grace=0.3) == []
        assert process.exit_code == -signal.SIGKILL


def says(process: Process, word: str) -> None:
    if word not in process.log.read_text():
        raise NotYet(f"no {word}")


def test_processes_are_asked_to_end_in_reverse_order(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def record(group: int, number: int) -> None:
        asked.append(group)
        os.killpg(group, number)

    monkeypatch.setattr(watchdog, "_signal_group", record)
    with Supervisor() as own:
        first, second = (own.start(n, SLEEP, env=own.environment()) for n in ("first", "second"))
    assert asked == [second.pid, first.pid]


def test_a_stranger_with_a_recycled_pid_is_left_alone() -> None:
    with subprocess.Popen(SLEEP, start_new_session=True) as stranger:
        owned = Owned(stranger.pid, "started at another time", int(signal.SIGTERM))
        assert watchdog.end_processes([owned], grace=0.1) == []
        assert stranger.poll() is None
        stranger.kill()


def test_a_folder_that_is_not_ours_is_never_removed(tmp_path: Path) -> None:
    assert watchdog.remove_folders([tmp_path]) == [tmp_path]
    assert tmp_path.exists()


def test_end_ends_one_process_whose_name_is_then_free_again() -> None:
    with Supervisor() as own:
        first = own.start("one", SLEEP, env=own.environment())
        other = own.start("other", SLEEP, env=own.environment())
        with pytest.raises(RehearsalError, match="one already runs"):
            own.start("one", SLEEP, env=own.environment())
        own.end(first)
        assert first.exit_code is not None
        assert other.exit_code is None
        own.start("one", SLEEP, env=own.environment())


def test_what_is_kept_runs_on_until_it_is_stopped() -> None:
    with Supervisor() as own:
        process = own.start("kept", SLEEP, env=own.environment())
        folder = own.keep()
    assert process.exit_code is None
    assert folder.exists()
    Supervisor.stop_kept(folder)
    assert process._popen.wait() == -signal.SIGTERM
    assert not folder.exists()
    with pytest.raises(RehearsalError, match=r"holds no processes\.json"):
        Supervisor.stop_kept(folder)


def test_what_is_kept_survives_the_end_of_the_program() -> None:
    with parent("own.keep()") as (running, pids, folder):
        running.wait()
        time.sleep(0.2)
        assert all(map(is_running, pids))
        Supervisor.stop_kept(folder)
        require_gone(pids, folder)


def test_the_environment_holds_nothing_of_the_callers_but_the_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("VAULT_TOKEN", "AWS_SECRET_ACCESS_KEY", "KUBECONFIG", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "of the caller")
    env = Supervisor().environment(EXTRA="1")
    assert "of the caller" not in env.values()
    assert env["EXTRA"] == "1"
    assert env["PATH"] == os.environ["PATH"]


def test_a_process_that_dies_during_start_up_is_named_with_its_last_words() -> None:
    with Supervisor() as own:
        process = own.start(
            "broken", [SHELL, "-c", "echo no such setting; exit 3"], env=own.environment()
        )

        def never() -> None:
            raise NotYet("no answer")

        with pytest.raises(RehearsalError, match=r"(?s)broken ended with exit code 3.*no such set"):
            wait_until(never, awaited="an answer", patience=SOON, processes=[process])


def test_waiting_in_vain_says_for_what_how_long_and_why() -> None:
    def never() -> None:
        raise NotYet("the door is shut")

    with pytest.raises(RehearsalError, match=r"waited 0\.1 s for the door.*: the door is shut"):
        wait_until(never, awaited="the door", patience=timedelta(milliseconds=100))


def test_run_waits_for_success_and_tells_failure() -> None:
    with Supervisor() as own:
        own.run("fine", [SHELL, "-c", "exit 0"], env={}, patience=SOON)
        with pytest.raises(RehearsalError, match=r"(?s)bad must end with exit code 0.*oops"):
            own.run("bad", [SHELL, "-c", "echo oops; exit 2"], env={}, patience=SOON)


def test_a_missing_program_is_refused_by_name() -> None:
    with Supervisor() as own, pytest.raises(RehearsalError, match="ghost: /nowhere/ghost must be"):
        own.start("ghost", ["/nowhere/ghost"], env={})


def test_many_threads_may_start_processes_at_once() -> None:
    with Supervisor() as own, ThreadPoolExecutor(8) as pool:
        started = list(
            pool.map(lambda i: own.start(f"p{i}", SLEEP, env=own.environment()), range(16))
        )
        assert all(process.exit_code is None for process in started)
    assert all(process.exit_code is not None for process in started)


def test_free_ports_are_free_and_never_handed_out_twice() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ports.free_port(), range(64)))
    assert len(set(found)) == len(found)


def test_a_port_in_use_is_named_with_its_owner_and_the_fix() -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(RehearsalError) as caught:
            ports.require_free_port(port, what="Vault", fix="Set VAULT_PORT to another.")
    message = str(caught.value)
    assert message.startswith(f"Vault: port {port} on 127.0.0.1 is already in use")
    assert message.endswith("Set VAULT_PORT to another.")
    if Path("/proc/net/tcp").exists():
        assert f"(PID {os.getpid()})" in message


def test_a_free_port_is_accepted() -> None:
    ports.require_free_port(ports.free_port(), what="Vault", fix="none")


@pytest.fixture
def _dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy for everything, at which nobody listens."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://{ports.LOOPBACK}:{ports.free_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("_dead_proxy")
@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.9", "localhost"])
def test_our_servers_are_not_asked_through_a_proxy(host: str) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        url = f"https://{host}:{server.getsockname()[1]}"
        assert requests.utils.get_environ_proxies(url)
        with Supervisor():
            assert not requests.utils.get_environ_proxies(url)
        assert requests.utils.get_environ_proxies("https://example.com")


@pytest.mark.usefixtures("_dead_proxy")
@pytest.mark.parametrize(
    ("given", "then"),
    [
        ({"NO_PROXY": "*"}, {"NO_PROXY": "*"}),
        (
            {"NO_PROXY": ".corp.example, localhost", "no_proxy": "10.0.0.0/8"},
            dict.fromkeys(
                ("NO_PROXY", "no_proxy"),
                "10.0.0.0/8,.corp.example,localhost,127.0.0.1,127.0.0.0/8,::1",
            ),
        ),
    ],
)
def test_what_else_needs_no_proxy_stays_so(
    given: dict[str, str], then: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, hosts in given.items():
        monkeypatch.setenv(name, hosts)
    ports.ask_directly()
    ports.ask_directly()
    assert {name: os.environ[name] for name in ("NO_PROXY", "no_proxy") if name in os.environ} == (
        then
    )


def test_a_private_file_is_private_from_its_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old and readable by all")
    supervisor.write_private(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    with Supervisor() as own:
        own.start("sleeper", SLEEP, env=own.environment())
    assert threading.active_count() == before
