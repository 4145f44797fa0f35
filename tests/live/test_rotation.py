"""The rotation jobs on real servers, as they run in a cluster: each a process with its own service
account and with the rights that jobs/README.md names, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from components.bootstrap import ceremony
from policies.hcl import Capability, Stanza
from rehearsal.vault_api import VaultApi
from tests.jobs.deployments import Controller, deployment, settle
from tests.jobs.installed import NAMESPACE, Installer, Job, Json, Kubernetes, end, may
from tests.live.conftest import Stage
from vaultstack_jobs import cluster, configuration
from vaultstack_jobs.clock import Clock
from vaultstack_jobs.connection import connected
from vaultstack_jobs.log import Log
from vaultstack_jobs.outcomes import LostError
from vaultstack_jobs.rotate import rotate
from vaultstack_jobs.tasks import Bench
from vaultstack_jobs.turn import Turn
from vaultstack_jobs.vault import Vault

pytestmark = pytest.mark.live

READ, UPDATE, PATCH = Capability.READ, Capability.UPDATE, Capability.PATCH


@pytest.fixture(scope="module")
def kubernetes(stage: Stage) -> Kubernetes:
    found = Kubernetes(stage)
    found.prepare()
    return found


@pytest.fixture(scope="module")
def root(stage: Stage) -> Iterator[VaultApi]:
    """Sees what the jobs did."""
    address, shares = stage.scene.vault_address, stage.initialised["shares"]
    token = ceremony.regain_root(ceremony.connect(address, stage.ca_file), shares)
    api = VaultApi(address, stage.ca_file, token)
    yield api
    api.call("POST", "auth/token/revoke-self")


@pytest.fixture
def installer(stage: Stage, kubernetes: Kubernetes, tmp_path: Path) -> Iterator[Installer]:
    made = Installer(stage, kubernetes, tmp_path)
    yield made
    made.remove()


def kv(root: VaultApi, path: str, *, version: int = 0) -> dict[str, str]:
    answer = root.call("GET", f"secret/data/{path}?version={version}")
    assert answer.allowed
    values: dict[str, str] = answer.data["data"]
    return values


def version_of(root: VaultApi, path: str) -> int:
    return int(root.call("GET", f"secret/metadata/{path}").data["current_version"])


def write(root: VaultApi, path: str, **values: str) -> None:
    root.write(f"secret/data/{path}", {"data": values})


def kv_job(
    installer: Installer,
    path: str,
    *,
    reads: bool,
    rules: Sequence[Json] = (),
    token_ttl: str = "10m",
    **task: Any,
) -> Job:
    """The rotation of one entry's `token`, as one who may do just that."""
    return installer.install(
        path.replace("/", "-"),
        {
            "type": "kv-key",
            "path": path,
            "key": "token",
            "length": 40,
            "overlap_seconds": 0,
            "tell": None,
            **task,
        },
        [
            Stanza(f"secret/data/{path}", (READ, PATCH) if reads else (PATCH,)),
            Stanza(f"secret/metadata/{path}", (READ,)),
        ],
        rules,
        token_ttl=token_ttl,
    )


def restart_of(name: str, ready_within_seconds: int = 30) -> Json:
    return {
        "type": "restart",
        "namespace": NAMESPACE,
        "deployment": name,
        "ready_within_seconds": ready_within_seconds,
    }


def may_restart(name: str) -> Json:
    return may("apps", "deployments", name, "get", "patch")


def test_a_key_changes_without_a_right_to_read_and_the_others_stay(
    installer: Installer, root: VaultApi
) -> None:
    write(root, "rotated/plain", token="old", neighbour="stays")
    job = kv_job(installer, "rotated/plain", reads=False)
    fresh = job.run()
    assert (fresh.exit, fresh.steps) == (0, ["not due"])  # it was just written
    done = job.run("--now")
    assert (done.exit, done.steps) == (0, ["begins", "written", "told nobody", "done"])
    assert done.fact("begins", "who") == f"kubernetes-{NAMESPACE}-rotated-plain"
    assert done.fact("written", "version") == 2
    now = kv(root, "rotated/plain")
    assert now["neighbour"] == "stays"
    assert len(now["token"]) == 40
    assert set(now) == {"token", "neighbour"}
    again = job.run()
    assert (again.exit, again.steps) == (0, ["not due"])
    job.long_ago()
    assert job.run().fact("written", "version") == 3
    assert kv(root, "rotated/plain")["token"] != now["token"]


def test_with_an_overlap_the_old_value_stays_beside_it_until_a_time(
    installer: Installer, root: VaultApi
) -> None:
    write(root, "rotated/overlap", token="old", neighbour="stays")
    job = kv_job(
        installer, "rotated/overlap", reads=True, overlap_seconds=3600, tell={"type": "agent"}
    )
    begun = datetime.now(UTC)
    done = job.run("--now")
    assert (done.exit, done.steps) == (0, ["begins", "written", "left to the agents", "done"])
    now = kv(root, "rotated/overlap")
    assert set(now) == {"token", "neighbour", "token_previous", "token_previous_until"}
    assert now["token_previous"] == "old"
    until = datetime.fromisoformat(now["token_previous_until"])
    assert timedelta(seconds=-1) <= until - begun - timedelta(hours=1) < timedelta(seconds=20)
    job.note(done_at=None)  # a lost Lease: the entry itself knows
    assert job.run().steps == ["not due"]


def test_what_is_written_is_in_no_line_and_in_no_note(installer: Installer, root: VaultApi) -> None:
    write(root, "rotated/silent", token="an-old-value-to-look-for")
    job = kv_job(installer, "rotated/silent", reads=True, overlap_seconds=60)
    process = job.start("--now")
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 0
    for value in (kv(root, "rotated/silent")["token"], "an-old-value-to-look-for"):
        assert value not in output + errors + str(job.lease) + job.file.read_text()


def test_a_job_may_do_no_more_than_rotate(installer: Installer, root: VaultApi) -> None:
    write(root, "rotated/mine", token="old")
    write(root, "rotated/yours", token="old")
    job = kv_job(installer, "rotated/mine", reads=False)
    file = job.file.read_text()
    job.file.write_text(file.replace('"rotated/mine"', '"rotated/yours"'))
    denied = job.run("--now")
    assert (denied.exit, denied.steps) == (1, ["begins", "failed"])
    assert "Vault denied it" in denied.fact("failed", "because")
    assert version_of(root, "rotated/yours") == 1
    assert "pending" not in job.notes


def test_of_two_at_once_one_loses_and_changes_nothing(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/twice", token="old")
    kubernetes.api.apply(deployment(NAMESPACE, "twice"))
    job = kv_job(
        installer,
        "rotated/twice",
        reads=True,
        tell=restart_of("twice"),
        rules=[may_restart("twice")],
    )
    with Controller(kubernetes, NAMESPACE, "twice", lambda _: True) as controller:
        job.long_ago()
        runs = [end(process) for process in [job.start() for _ in range(4)]]
    assert [run.exit for run in runs] == [0] * 4, runs
    assert sum("written" in run.steps for run in runs) == 1
    assert all(run.steps in (["lost"], ["not due"]) for run in runs if "written" not in run.steps)
    assert version_of(root, "rotated/twice") == 2
    assert len(controller.rollouts) == 2  # the first is its making


@dataclass
class Interrupted:
    """The job's own connection, with somebody who writes in the very moment before it does."""

    vault: Vault
    before_patch: Callable[[], object]

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Mapping[str, Any]:
        if method == "PATCH":
            interrupt, self.before_patch = self.before_patch, lambda: None
            interrupt()
        return self.vault.request(method, path, body, headers=headers)

    def secret(self, path: str, version: int) -> Mapping[str, str]:
        return self.vault.secret(path, version)

    def who(self) -> str:
        return self.vault.who()


def run_interrupted(
    job: Job, monkeypatch: pytest.MonkeyPatch, before_patch: Callable[[], object]
) -> None:
    """In this process, for nobody could meet that moment from outside."""
    monkeypatch.setenv("KUBECONFIG", str(job.kubeconfig))
    rotation, clock = configuration.read(job.file), Clock()
    log = Log(rotation.name, clock)
    there = cluster.connect(clock)
    turn = Turn(there, rotation.lease, "in-process", clock, log)
    with connected(rotation.vault) as vault:
        interrupted = Interrupted(vault, before_patch)
        bench = Bench(rotation, interrupted, there, turn, log, clock)
        try:
            rotate(bench, at_once=True)
        finally:
            there.api.rest_client.pool_manager.clear()


@pytest.mark.parametrize("reads", [False, True])
def test_who_writes_another_key_in_that_moment_is_not_overwritten(
    installer: Installer, root: VaultApi, monkeypatch: pytest.MonkeyPatch, reads: bool
) -> None:
    path = f"rotated/moment-{reads}".lower()
    write(root, path, token="old", neighbour="old")
    job = kv_job(installer, path, reads=reads, overlap_seconds=60 * reads)
    run_interrupted(job, monkeypatch, lambda: write(root, path, token="old", neighbour="changed"))
    now = kv(root, path)
    assert (now["neighbour"], version_of(root, path)) == ("changed", 3)
    assert now["token"] != "old"


def test_who_rotates_the_same_key_in_that_moment_wins(
    installer: Installer, root: VaultApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "rotated/same", token="old")
    job = kv_job(installer, "rotated/same", reads=True, overlap_seconds=60)
    with pytest.raises(LostError, match="somebody else wrote version 2; nothing was changed"):
        run_interrupted(job, monkeypatch, lambda: write(root, "rotated/same", token="theirs"))
    assert kv(root, "rotated/same") == {"token": "theirs"}
    assert "pending" not in job.notes
    assert job.lease["spec"]["holderIdentity"] == ""


def test_an_application_that_does_not_become_ready_gets_its_old_value_back(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/back", token="old", neighbour="stays")
    kubernetes.api.apply(deployment(NAMESPACE, "back"))
    job = kv_job(
        installer,
        "rotated/back",
        reads=True,
        tell=restart_of("back", 8),
        rules=[may_restart("back")],
        token_ttl="2s",  # shorter than the wait: the job logs in again to write back
    )

    def ready(found: Json) -> bool:
        """With every value but the new one."""
        annotations = found["spec"]["template"]["metadata"].get("annotations", {})
        return bool(annotations != {"rotation.vaultstack/rotated-back": "version 2"})

    with Controller(kubernetes, NAMESPACE, "back", ready) as controller:
        failed = job.run("--now")
        assert failed.exit == 3
        assert failed.steps == [
            *("begins", "written", "restarted", "not ready"),
            *("written back", "rolled back"),
        ]
        assert "is ready again" in failed.fact("rolled back", "because")
        assert kv(root, "rotated/back") == {"token": "old", "neighbour": "stays"}
        assert version_of(root, "rotated/back") == 3
        retried = job.run()
        assert (retried.exit, retried.steps) == (3, ["rolled back"])
        assert version_of(root, "rotated/back") == 3
        assert [list(each.values()) for each in controller.rollouts] == [
            [],
            ["version 2"],
            ["version 3"],
        ]


def test_whoever_wrote_since_is_not_overwritten_by_the_rollback(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/since", token="old")
    kubernetes.api.apply(deployment(NAMESPACE, "since"))
    job = kv_job(
        installer,
        "rotated/since",
        reads=True,
        tell=restart_of("since", 3),
        rules=[may_restart("since")],
    )

    def ready(found: Json) -> bool:
        if "annotations" not in found["spec"]["template"]["metadata"]:
            return True
        write(root, "rotated/since", token="by hand")
        return False

    with Controller(kubernetes, NAMESPACE, "since", ready):
        failed = job.run("--now")
    assert (failed.exit, failed.steps[-1]) == (4, "half way")
    assert kv(root, "rotated/since") == {"token": "by hand"}


def test_a_killed_run_is_completed_by_the_next(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    """Killed while it waits for the application: no chance to give the turn back."""
    write(root, "rotated/killed", token="old")
    kubernetes.api.apply(deployment(NAMESPACE, "killed"))
    job = kv_job(
        installer,
        "rotated/killed",
        reads=True,
        overlap_seconds=60,
        tell=restart_of("killed", 20),
        rules=[may_restart("killed")],
    )
    with Controller(kubernetes, NAMESPACE, "killed", _plain):
        process = job.start("--now")
        while "restarted" not in (process.stdout.readline() if process.stdout else ""):
            assert process.poll() is None
        process.kill()
        process.communicate()
    value = kv(root, "rotated/killed")["token"]
    assert "pending" in job.notes
    # What the dead run promised is too long for a test.
    job.kubernetes.merge(job.lease_path, {"spec": {"leaseDurationSeconds": 2}})
    settle(kubernetes, NAMESPACE, "killed")
    done = job.run()
    assert (done.exit, done.steps) == (0, ["took over", "goes on", "restarted", "ready", "done"])
    assert kv(root, "rotated/killed")["token"] == value
    assert version_of(root, "rotated/killed") == 2
    assert "pending" not in job.notes


def _plain(found: Json) -> bool:
    return "annotations" not in found["spec"]["template"]["metadata"]


def test_a_run_that_is_told_to_end_gives_the_turn_back(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/ended", token="old")
    kubernetes.api.apply(deployment(NAMESPACE, "ended"))
    job = kv_job(
        installer,
        "rotated/ended",
        reads=True,
        tell=restart_of("ended", 20),
        rules=[may_restart("ended")],
    )
    with Controller(kubernetes, NAMESPACE, "ended", _plain):
        process = job.start("--now")
        while "restarted" not in (process.stdout.readline() if process.stdout else ""):
            assert process.poll() is None
        process.terminate()
        assert end(process).exit == 4
    assert job.lease["spec"]["holderIdentity"] == ""
    assert "pending" in job.notes


def test_an_application_that_is_not_ready_before_is_left_alone(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/broken", token="old")
    kubernetes.api.apply(deployment(NAMESPACE, "broken"))
    job = kv_job(
        installer,
        "rotated/broken",
        reads=True,
        tell=restart_of("broken"),
        rules=[may_restart("broken")],
    )
    with Controller(kubernetes, NAMESPACE, "broken", lambda _: False) as controller:
        failed = job.run("--now")
        assert (failed.exit, failed.steps) == (1, ["begins", "failed"])
        assert len(controller.rollouts) == 1
    assert version_of(root, "rotated/broken") == 1


def test_who_may_not_restart_the_deployment_writes_nothing(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/rights", token="old")
    kubernetes.api.apply(deployment(NAMESPACE, "rights"))
    rule = {**may_restart("rights"), "verbs": ["get"]}
    job = kv_job(installer, "rotated/rights", reads=True, tell=restart_of("rights"), rules=[rule])
    with Controller(kubernetes, NAMESPACE, "rights", lambda _: True):
        failed = job.run("--now")
    assert failed.exit == 1
    assert "403" in failed.fact("failed", "because")
    assert version_of(root, "rotated/rights") == 1
