"""Rotations that restart the application, on real servers: of several at once, of one whose
application does not become ready, and of one that is ended in the middle.
"""

from __future__ import annotations

import subprocess

import pytest

from rehearsal.vault_api import VaultApi
from tests.jobs.deployments import Controller, settle
from tests.jobs.installed import NAMESPACE, Installer, Job, Json, Kubernetes, end
from tests.live.rotation.entries import kv, restarting_job, version_of, write

pytestmark = pytest.mark.live


def untouched(found: Json) -> bool:
    """Whether no rotation has restarted this Deployment yet."""
    return "annotations" not in found["spec"]["template"]["metadata"]


def restarting(job: Job) -> subprocess.Popen[str]:
    """A run that has written the new value and restarted the application, and waits for it."""
    process = job.start("--now")
    assert process.stdout
    while "restarted" not in process.stdout.readline():
        assert process.poll() is None
    return process


def test_of_two_at_once_one_loses_and_changes_nothing(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/twice", token="old")
    job = restarting_job(installer, kubernetes, "twice")
    with Controller(kubernetes, NAMESPACE, "twice", lambda _: True) as controller:
        job.long_ago()
        runs = [end(process) for process in [job.start() for _ in range(4)]]
    assert [run.exit for run in runs] == [0] * 4, runs
    assert sum("written" in run.steps for run in runs) == 1
    assert all(run.steps in (["lost"], ["not due"]) for run in runs if "written" not in run.steps)
    assert version_of(root, "rotated/twice") == 2
    assert len(controller.rollouts) == 2  # the first is its making


def test_an_application_that_does_not_become_ready_gets_its_old_value_back(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/back", token="old", neighbour="stays")
    job = restarting_job(
        installer,
        kubernetes,
        "back",
        ready_within_seconds=3,
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
    job = restarting_job(installer, kubernetes, "since", ready_within_seconds=1)

    def ready(found: Json) -> bool:
        if untouched(found):
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
    job = restarting_job(
        installer, kubernetes, "killed", overlap_seconds=60, ready_within_seconds=20
    )
    with Controller(kubernetes, NAMESPACE, "killed", untouched):
        process = restarting(job)
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


def test_a_run_that_is_told_to_end_gives_the_turn_back(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/ended", token="old")
    job = restarting_job(installer, kubernetes, "ended", ready_within_seconds=20)
    with Controller(kubernetes, NAMESPACE, "ended", untouched):
        process = restarting(job)
        process.terminate()
        assert end(process).exit == 4
    assert job.lease["spec"]["holderIdentity"] == ""
    assert "pending" in job.notes


def test_an_application_that_is_not_ready_before_is_left_alone(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/broken", token="old")
    job = restarting_job(installer, kubernetes, "broken")
    with Controller(kubernetes, NAMESPACE, "broken", lambda _: False) as controller:
        failed = job.run("--now")
        assert (failed.exit, failed.steps) == (1, ["begins", "failed"])
        assert len(controller.rollouts) == 1
    assert version_of(root, "rotated/broken") == 1


def test_who_may_not_restart_the_deployment_writes_nothing(
    installer: Installer, kubernetes: Kubernetes, root: VaultApi
) -> None:
    write(root, "rotated/rights", token="old")
    job = restarting_job(installer, kubernetes, "rights", verbs=["get"])
    with Controller(kubernetes, NAMESPACE, "rights", lambda _: True):
        failed = job.run("--now")
    assert failed.exit == 1
    assert "403" in failed.fact("failed", "because")
    assert version_of(root, "rotated/rights") == 1
