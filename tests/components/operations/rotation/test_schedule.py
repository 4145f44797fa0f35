"""When a rotation runs, what becomes of a run that fails, and in what pod it runs."""

from __future__ import annotations

from typing import Any, Final

import pytest

from components.operations.cron_job import make_cron_job
from components.operations.rotation import layout
from components.operations.rotation.schedule import scheduled
from policies.environments import Environment
from policies.guardrails.pods import HARDENED, RESTRICTED
from policies.guardrails.rule import Resource, Setting
from policies.plan import Rotation
from tests.components.cluster.deployments import record
from tests.components.operations.rotation.rotations import AWS_ROOT, IDS, JWT, KV_KEY, rotation
from tests.recording import Runner
from vaultstack_jobs.__main__ import main
from vaultstack_jobs.outcomes import Exit

IMAGE: Final = "registry.example/jobs:1.2.3"
API_GROUP: Final = "kubernetes:batch/v1:CronJob"


def spec(run: Runner, one: Rotation = JWT) -> dict[str, Any]:
    made = record(run, lambda opts: make_cron_job("schedule", scheduled(one, IMAGE), opts))[
        "schedule"
    ]
    assert made.type == API_GROUP
    found: dict[str, Any] = made.values["spec"]
    return found


def pod(run: Runner, one: Rotation = JWT) -> dict[str, Any]:
    found: dict[str, Any] = spec(run, one)["jobTemplate"]["spec"]["template"]["spec"]
    return found


def test_it_runs_when_the_plan_says_whatever_the_clusters_time_zone(run: Runner) -> None:
    found = spec(run)
    assert (found["schedule"], found["timeZone"]) == ("0 3 * * 1", "Etc/UTC")


def test_one_run_at_a_time(run: Runner) -> None:
    assert spec(run)["concurrencyPolicy"] == "Forbid"


@pytest.mark.parametrize(
    ("interval", "late"), [(3600, 900), (24 * 3600, 6 * 3600), (30 * 24 * 3600, 6 * 3600)]
)
def test_a_run_that_was_missed_comes_soon_or_not_at_all(
    run: Runner, interval: int, late: int
) -> None:
    """Restarts belong to the hour that somebody chose; and two runs never come close together."""
    one = rotation(KV_KEY, interval_seconds=interval)
    assert spec(run, one)["startingDeadlineSeconds"] == late <= interval // 2


def test_what_failed_is_tried_again_unless_that_mends_nothing(run: Runner) -> None:
    job = spec(run)["jobTemplate"]["spec"]
    assert job["backoffLimit"] == 6
    final, drained = job["podFailurePolicy"]["rules"]
    assert final == {
        "action": "FailJob",
        "onExitCodes": {
            "containerName": "rotate",
            "operator": "In",
            "values": [Exit.CONFIGURATION, Exit.ROLLED_BACK],
        },
    }
    assert drained == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    # Kubernetes takes such a policy only with pods that are not restarted in place.
    assert job["template"]["spec"]["restartPolicy"] == "Never"


def test_a_run_may_take_as_long_as_the_application_twice(run: Runner) -> None:
    """Once with the new value, and once more with the previous one; and no retry is cut off."""
    job = spec(run)["jobTemplate"]["spec"]
    tries = 7 * 300 + (10 + 20 + 40 + 80 + 160 + 320)
    assert job["activeDeadlineSeconds"] == scheduled(JWT, IMAGE).deadline_seconds == tries + 2 * 900
    assert scheduled(AWS_ROOT, IMAGE).deadline_seconds == tries
    told_nobody = rotation({**KV_KEY, "tell": None})
    assert scheduled(told_nobody, IMAGE).deadline_seconds == tries


def test_what_ran_is_kept_to_be_seen_and_not_for_ever(run: Runner) -> None:
    found = spec(run)
    assert found["successfulJobsHistoryLimit"] == 1
    assert found["failedJobsHistoryLimit"] == 3
    assert found["jobTemplate"]["spec"]["ttlSecondsAfterFinished"] == 7 * 24 * 3600


def test_it_runs_the_jobs_command_with_its_own_file(run: Runner) -> None:
    found = pod(run)
    (container,) = found["containers"]
    assert container["image"] == IMAGE
    assert container["command"] == ["python", "-m", "vaultstack_jobs"]
    assert container["args"] == ["rotate", "/etc/vaultstack/rotation.json"]
    volumes = {one["name"]: one for one in found["volumes"]}
    mounts = {one["name"]: one for one in container["volumeMounts"]}
    assert volumes["rotation"]["configMap"]["name"] == layout.object_name(JWT)
    assert mounts["rotation"]["mountPath"] == "/etc/vaultstack"
    assert volumes.keys() == mounts.keys()
    assert all(one["readOnly"] for one in mounts.values())


def test_the_job_understands_the_command_and_misses_nothing_but_its_file(
    run: Runner, capsys: pytest.CaptureFixture[str]
) -> None:
    (container,) = pod(run)["containers"]
    assert main(container["args"]) == Exit.CONFIGURATION
    assert "/etc/vaultstack/rotation.json: must be a readable UTF-8 file" in capsys.readouterr().out


def test_it_has_a_token_for_vault_and_one_for_the_api_server_and_no_other(run: Runner) -> None:
    found = pod(run)
    assert found["serviceAccountName"] == JWT.service_account
    assert found["automountServiceAccountToken"] is False
    (container,) = found["containers"]
    mounts = {one["name"]: one["mountPath"] for one in container["volumeMounts"]}
    assert mounts["vault-token"] == "/var/run/secrets/vault"
    assert mounts["kubernetes-token"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    tokens = {
        volume["name"]: source["serviceAccountToken"]
        for volume in found["volumes"]
        for source in volume.get("projected", {}).get("sources", [])
        if "serviceAccountToken" in source
    }
    assert tokens == {
        "vault-token": {"path": "token", "audience": JWT.audience, "expirationSeconds": 600},
        "kubernetes-token": {"path": "token", "expirationSeconds": 3600},
    }


@pytest.mark.parametrize("one", [JWT, IDS, AWS_ROOT], ids=lambda one: str(one.name))
def test_its_pods_are_as_the_guardrails_ask(run: Runner, one: Rotation) -> None:
    made = record(run, lambda opts: make_cron_job("schedule", scheduled(one, IMAGE), opts))[
        "schedule"
    ]
    seen = Resource(made.type, made.name, props=made.values)
    setting = Setting(Environment.PROD, {})
    for rule in (RESTRICTED, HARDENED):
        assert seen.type in rule.types
        assert list(rule.check(seen, setting)) == []


def test_everything_says_whose_it_is(run: Runner) -> None:
    made = record(run, lambda opts: make_cron_job("schedule", scheduled(JWT, IMAGE), opts))[
        "schedule"
    ]
    template = made.values["spec"]["jobTemplate"]
    for one in (made.values, template, template["spec"]["template"]):
        assert one["metadata"]["labels"] == layout.labels(JWT)
    # By which the network policy finds the pods.
    assert layout.labels(JWT).items() >= layout.SELECTOR.items()
