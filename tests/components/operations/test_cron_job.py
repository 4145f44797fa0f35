"""What one kind of job may ask for beside what every job has: more tokens, and a folder."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from components.operations.cron_job import ScheduledJob, Scratch, Token, make_cron_job
from policies.environments import Environment
from policies.guardrails.pods import HARDENED, RESTRICTED
from policies.guardrails.rule import Resource, Setting
from tests.components.cluster.deployments import record
from tests.recording import Runner

JOB: Final = ScheduledJob(
    name="vault-works",
    namespace="vault",
    labels={"app": "works"},
    service_account="worker",
    audience="vault-dev",
    schedule="0 * * * *",
    interval_seconds=3600,
    image="registry.example/jobs:1.2.3",
    container="work",
    args=("work", "/etc/vaultstack/work.json"),
    files="work",
    final_exit_codes=(2,),
)
MORE: Final = dataclasses.replace(
    JOB,
    working_seconds=600,
    tokens=(Token("cloud-token", "/var/run/secrets/cloud", "cloud.example", 3600),),
    scratch=Scratch("/var/lib/work", "10Gi"),
)


def declared(run: Runner, job: ScheduledJob) -> dict[str, Any]:
    made = record(run, lambda opts: make_cron_job("job", job, opts))["job"]
    seen = Resource(made.type, made.name, props=made.values)
    for rule in (RESTRICTED, HARDENED):
        assert list(rule.check(seen, Setting(Environment.PROD, {}))) == []
    return made.values


def pod(run: Runner, job: ScheduledJob) -> dict[str, Any]:
    found: dict[str, Any] = declared(run, job)["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return found


def test_it_is_what_the_value_says(run: Runner) -> None:
    values = declared(run, JOB)
    assert values["metadata"] == {"name": JOB.name, "namespace": "vault", "labels": JOB.labels}
    assert values["spec"]["schedule"] == JOB.schedule
    (container,) = pod(run, JOB)["containers"]
    assert (container["name"], container["args"]) == ("work", list(JOB.args))
    (fails, _) = values["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"]
    assert fails["onExitCodes"]["containerName"] == container["name"]
    assert fails["onExitCodes"]["values"] == [2]


def test_whoever_works_longer_has_longer() -> None:
    assert MORE.deadline_seconds == JOB.deadline_seconds + 600


def test_one_more_token_is_for_the_one_audience_and_in_a_folder_of_its_own(run: Runner) -> None:
    found = pod(run, MORE)
    (volume,) = (one for one in found["volumes"] if one["name"] == "cloud-token")
    assert volume["projected"]["sources"] == [
        {
            "serviceAccountToken": {
                "path": "token",
                "audience": "cloud.example",
                "expirationSeconds": 3600,
            }
        }
    ]
    (mount,) = (
        one for one in found["containers"][0]["volumeMounts"] if one["name"] == "cloud-token"
    )
    assert mount == {"name": "cloud-token", "mountPath": "/var/run/secrets/cloud", "readOnly": True}


def test_nothing_but_its_own_folder_can_be_written_and_that_is_bounded(run: Runner) -> None:
    for job, writable in ((JOB, []), (MORE, ["scratch"])):
        found = pod(run, job)
        mounts = found["containers"][0]["volumeMounts"]
        assert [one["name"] for one in mounts if not one.get("readOnly")] == writable
        assert {one["name"] for one in mounts} == {one["name"] for one in found["volumes"]}
    (volume,) = (one for one in pod(run, MORE)["volumes"] if one["name"] == "scratch")
    assert volume == {"name": "scratch", "emptyDir": {"sizeLimit": "10Gi"}}
