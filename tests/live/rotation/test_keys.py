"""Rotations of one key of an entry, on real servers, as they run in a cluster: each a process with
its own service account and with the rights that jobs/README.md names, and no more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from rehearsal.vault_api import VaultApi
from tests.jobs.installed import NAMESPACE, Installer, Job
from tests.live.rotation.entries import kv, kv_job, version_of, write
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
