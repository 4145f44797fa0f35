"""A cluster of processes that are no Vaults, but can be killed, frozen and started again."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rehearsal.certificates import Authority
from rehearsal.drill.cluster import Cluster, RememberingSupervisor
from rehearsal.drill.line import CallFailedError, Line
from rehearsal.errors import RehearsalError
from rehearsal.servers.vault import VaultServer
from tests.clock import wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
PATIENCE = timedelta(seconds=10)


class FakeLine(Line):
    """Answers what it is told to, by path."""

    def __init__(self, name: str, says: dict[str, Any]) -> None:
        self.name, self.says = name, says
        self.asked: list[str] = []

    def call(self, method: str, path: str, *_: Any, **__: Any) -> Any:
        self.asked.append(f"{method} {path}")
        if path not in self.says:
            raise CallFailedError("connection refused")
        return self.says[path]


class FakeCluster(Cluster):
    def __init__(self, servers: list[VaultServer], says: dict[str, dict[str, Any]]) -> None:
        self.said = {name: FakeLine(name, own) for name, own in says.items()}
        super().__init__(servers, "token")

    def lines(self, _timeout: float) -> dict[str, Line]:
        return dict(self.said)


def leader_says(active: bool, committed: int = 5, applied: int = 5) -> dict[str, Any]:
    return {
        "is_self": active,
        "leader_address": "https://a",
        "raft_committed_index": committed,
        "raft_applied_index": applied,
    }


STATE = {
    "data": {
        "servers": {name: {"healthy": True} for name in "abc"},
        "voters": ["a", "b", "c"],
    }
}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[FakeCluster]:
    ca_file = tmp_path / "ca"
    ca_file.write_text(Authority.create("test").certificate_pem)
    with RememberingSupervisor() as supervisor:

        def start(name: str) -> VaultServer:
            process = supervisor.start(name, SLEEP, env=supervisor.environment())
            return VaultServer(name, f"https://{name}", process, ca_file, again=lambda: start(name))

        says: dict[str, dict[str, Any]] = {
            name: {"sys/leader": leader_says(name == "a")} for name in "abc"
        }
        says["a"] |= {"sys/storage/raft/autopilot/state": STATE, "sys/step-down": {}}
        yield FakeCluster([start(name) for name in "abc"], says)


def state_of(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_what_is_killed_is_gone_and_comes_back_as_another_process(cluster: FakeCluster) -> None:
    before = cluster["b"].process
    cluster.kill("b")
    cluster.kill("b", "c")
    assert before.exit_code == -signal.SIGKILL
    assert cluster["a"].process.exit_code is None
    cluster.start("b", "c")
    assert cluster["b"].process.exit_code is None
    assert cluster["b"].process.pid != before.pid


def test_what_is_terminated_has_ended(cluster: FakeCluster) -> None:
    cluster.terminate("a")
    assert cluster["a"].process.exit_code == -signal.SIGTERM


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at Linux's /proc")
def test_what_is_frozen_stands_until_it_is_thawed(cluster: FakeCluster) -> None:
    pid = cluster["a"].process.pid
    cluster.freeze("a")
    wait_until(lambda: state_of(pid) == "T")
    cluster.thaw("a")
    wait_until(lambda: state_of(pid) in "SR")


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="looks at Linux's /proc")
def test_the_working_folder_is_the_process_own(cluster: FakeCluster) -> None:
    assert cluster.working_folder("a").name.startswith("vaultstack-")


def test_the_leader_is_who_says_so(cluster: FakeCluster) -> None:
    assert cluster.leader() == "a"
    assert cluster.followers() == ["b", "c"]
    cluster.step_down()
    assert cluster.said["a"].asked[-1] == "PUT sys/step-down"
    assert not any("step-down" in asked for n in "bc" for asked in cluster.said[n].asked)


def test_a_healthy_cluster_heals_at_once(cluster: FakeCluster) -> None:
    began = time.monotonic()
    at, lacking = cluster.heal(PATIENCE)
    assert lacking == ""
    assert began <= at < began + 5


def test_it_waits_for_what_was_committed_when_it_began(cluster: FakeCluster) -> None:
    cluster.said["c"].says["sys/leader"] = leader_says(False, applied=4)
    _, lacking = cluster.heal(timedelta(seconds=0.2))
    assert lacking == "c behind the leader a"
    cluster.said["a"].says["sys/leader"] = leader_says(True, committed=9, applied=9)
    assert cluster.heal(timedelta(seconds=0.2))[1] == "b, c behind the leader a"
    for name in "bc":
        cluster.said[name].says["sys/leader"] = leader_says(False, applied=9)
    assert cluster.heal(PATIENCE)[1] == ""


def test_a_process_that_is_gone_does_not_answer_whatever_listens_there(
    cluster: FakeCluster,
) -> None:
    cluster.kill("b")
    assert cluster.heal(timedelta(seconds=0.2))[1] == "b sealed or not answering"


def test_it_says_what_is_missing_where_nobody_leads(cluster: FakeCluster) -> None:
    cluster.said["a"].says.clear()
    assert cluster.heal(timedelta(seconds=0.2))[1] == "a sealed or not answering"


def test_rest_is_as_long_as_the_longest_that_is_needed(
    cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr("rehearsal.drill.cluster.time.sleep", slept.append)
    cluster.rest()
    assert slept == [0.0]
    cluster.step_down()
    cluster.kill("b")
    cluster.start("b")
    cluster.rest()
    assert 10 < slept[-1] <= 10.5


def test_processes_are_known_by_name_the_newest() -> None:
    with RememberingSupervisor() as supervisor:
        first = supervisor.start("x", SLEEP, env=supervisor.environment())
        supervisor.end(first)
        second = supervisor.start("x", SLEEP, env=supervisor.environment())
        assert supervisor.process("x") is second
        with pytest.raises(RehearsalError, match="no process y was started: there are x"):
            supervisor.process("y")
