"""Scheduled jobs: as reviewed, and allowed no more in Kubernetes than their task asks for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from policies.environments import Environment
from policies.guardrails.jobs import RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

RULE, RIGHTS, IMAGE = "jobs-as-reviewed", "jobs-least-privilege", "jobs-one-image"
JWT: Final = "rotations-media-catalog-jwt-secret"
JOB, FILE = f"{JWT}-schedule", f"{JWT}-file"
ROLE: Final = f"{JWT}-rights-media-catalog-prod-role"
BINDING: Final = f"{JWT}-rights-media-catalog-prod-binding"
POD: Final = "spec.jobTemplate.spec.template.spec"
SNAPSHOTS: Final = "snapshots-schedule"
SEEDS: Final = (
    Seed(RULE, JOB, "spec.schedule", "* * * * *", "spec.schedule is '* * * * *', and not '0 3"),
    Seed(RULE, JOB, "spec.timeZone", None, "spec.timeZone is None, and not 'Etc/UTC'"),
    Seed(RULE, JOB, "spec.timeZone", "Asia/Tokyo", "spec.timeZone is 'Asia/Tokyo'"),
    Seed(RULE, JOB, "spec.concurrencyPolicy", "Allow", "spec.concurrencyPolicy is 'Allow'"),
    Seed(
        RULE,
        JOB,
        f"{POD}.serviceAccountName",
        "media-catalog",
        "runs as media-catalog-prod/media-catalog, as which no job of rotations.json does",
    ),
    Seed(RULE, JOB, "metadata.namespace", "vault", "runs as vault/media-catalog-rotation"),
    Seed(
        RULE,
        JOB,
        f"{POD}.volumes.1.projected.sources.0.serviceAccountToken.audience",
        "vault-dev",
        "has tokens for vault-dev, and not only for vault-prod",
    ),
    Added(
        RULE,
        Declared(
            "kubernetes:batch/v1:CronJob",
            "beside",
            {"metadata": {"namespace": "vault"}, "spec": {"schedule": "0 3 * * 1"}},
        ),
        "runs as vault/, as which no job",
    ),
    Seed(RULE, JOB, f"{POD}.initContainers", [{"name": "x"}], "runs more, or other, than the one"),
    Seed(RULE, JOB, f"{POD}.containers", [], "runs more, or other, than the one container"),
    Seed(RULE, JOB, f"{POD}.containers.0.command", ["sh", "-c"], "command is 'sh -c', and not"),
    Seed(RULE, JOB, f"{POD}.containers.0.command", None, "command is '', and not 'python -m vault"),
    Seed(RULE, JOB, f"{POD}.containers.0.args", ["rotate", "/tmp/x"], "args is 'rotate /tmp/x'"),
    Seed(
        RULE,
        JOB,
        f"{POD}.containers.0.env",
        [{"name": "PYTHONPATH", "value": "/tmp"}],
        "its container has env, which no job needs",
    ),
    Seed(
        RULE,
        JOB,
        f"{POD}.containers.0.volumeMounts.0.mountPath",
        "/usr/lib/python3",
        "mounts something at '/usr/lib/python3', where no job looks",
    ),
    Seed(
        RULE,
        JOB,
        f"{POD}.volumes.0.configMap.name",
        "mine",
        "volume 'rotation' is not the job's own file",
    ),
    Added(
        RULE,
        Declared(
            "kubernetes:apps/v1:Deployment",
            "as-a-job",
            {
                "metadata": {"namespace": "vault"},
                "spec": {"template": {"spec": {"serviceAccountName": "rotation-pki"}}},
            },
        ),
        "runs as vault/rotation-pki, as which only the job pki-intermediate does",
    ),
    Added(
        RULE,
        Declared(
            "kubernetes:core/v1:Pod",
            "by-its-older-name",
            {"metadata": {"namespace": "vault"}, "spec": {"serviceAccount": "rotation-pki"}},
        ),
        "runs as vault/rotation-pki, as which only the job pki-intermediate does",
    ),
    Seed(
        RULE,
        SNAPSHOTS,
        f"{POD}.containers.0.args",
        ["rotate", "/etc/vaultstack/rotation.json"],
        "args is 'rotate /etc/vaultstack/rotation.json', and not 'snapshot /etc/vaultstack/snap",
    ),
    Seed(
        RULE,
        SNAPSHOTS,
        f"{POD}.volumes.1.projected.sources.0.serviceAccountToken.audience",
        "sts.example.com",
        "has tokens for sts.example.com, and not only for vault-prod",
    ),
    Seed(
        RULE,
        SNAPSHOTS,
        f"{POD}.volumes.3",
        {"name": "scratch", "hostPath": {"path": "/"}},
        "volume 'scratch' is not the job's own file",
    ),
    Seed(RULE, JOB, f"{POD}.volumes.0", {"name": "x", "emptyDir": {}}, "volume 'x' is not the job"),
    Seed(
        RULE,
        "snapshots-file",
        "data",
        {"snapshot.json": '{"vault": {"role": "platform-rotation-pki"}}'},
        "snapshot.json vault.role is not 'platform-snapshots', who may take them",
    ),
    Added(
        RULE,
        Declared(
            "kubernetes:core/v1:Pod",
            "as-the-snapshots",
            {"metadata": {"namespace": "vault"}, "spec": {"serviceAccountName": "snapshots"}},
        ),
        "runs as vault/snapshots, as which only the job snapshots does",
    ),
    Added(
        RULE,
        Declared("kubernetes:batch/v1:Job", "once", {"metadata": {"namespace": "vault"}}),
        "runs once, by no schedule that anybody reviewed",
    ),
)


def put(declared: Declared, path: str, value: Any) -> Declared:
    """In the file's JSON, whose name has a dot."""
    data = dict(declared.inputs["data"])
    told = json.loads(data["rotation.json"])
    *folders, last = path.split(".")
    into = told
    for folder in folders:
        into = into[folder]
    into[last] = value
    text = json.dumps(told)
    return Declared(
        declared.type, declared.name, {**declared.inputs, "data": {**data, "rotation.json": text}}
    )


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("name", "another", "rotation.json is of 'another', which rotations.json does not have"),
        ("name", "aws-root", "metadata.namespace is not what rotations.json says of aws-root"),
        ("interval_seconds", 60, "rotation.json interval_seconds is not what"),
        ("vault.role", "kubesentiment", "rotation.json vault.role is not what"),
        ("task.key", "session_secret", "rotation.json task is not what"),
        ("task.tell.namespace", "vault", "rotation.json task is not what"),
        ("task.overlap_seconds", 0, "rotation.json task is not what"),
    ],
)
def test_what_a_job_is_told_is_as_reviewed(
    path: str, value: object, message: str, prod: Mapping[str, Declared]
) -> None:
    assert said(RULE, prod[FILE]) == []
    found = said(RULE, put(prod[FILE], path, value))
    assert [one for one in found if one.startswith(f"{FILE}: {message}")], found


def test_where_vault_is_the_stack_says(prod: Mapping[str, Declared]) -> None:
    assert said(RULE, put(prod[FILE], "vault.address", "https://elsewhere.example:8200")) == []


def test_a_file_that_is_no_json_is_refused(prod: Mapping[str, Declared]) -> None:
    data = {**prod[FILE].inputs["data"], "rotation.json": "no JSON"}
    broken = Declared(prod[FILE].type, FILE, {**prod[FILE].inputs, "data": data})
    (message,) = said(RULE, broken)
    assert message.startswith(f"{FILE}: cannot be read: ")


def test_other_config_maps_are_nobodys_business(prod: Mapping[str, Declared]) -> None:
    assert said(RULE, prod["cluster-config"]) == []


# --- rights --------------------------------------------------------------------------------------


def rights(prod: Mapping[str, Declared], *changes: Declared) -> list[str]:
    """Of the whole program, with these in place of its own."""
    return said(RIGHTS, *{**prod, **{one.name: one for one in changes}}.values())


def test_the_program_gives_them_no_more(prod: Mapping[str, Declared]) -> None:
    assert rights(prod) == []


@pytest.mark.parametrize(
    ("path", "value", "what"),
    [
        ("rules.0.verbs", ["delete", "get"], "delete leases ('rotation-media-catalog-jwt-secret')"),
        ("rules.1.resourceNames", ["other"], "get, patch deployments ('other')"),
        ("rules.1.resourceNames", None, "get, patch deployments (whatever it is called)"),
        ("rules.1.verbs", ["get", "update"], "update deployments ('media-catalog')"),
        ("rules.1.resources", ["statefulsets"], "get, patch statefulsets ('media-catalog')"),
        (
            "rules.2",
            {
                "apiGroups": [""],
                "resources": ["secrets"],
                "resourceNames": ["x"],
                "verbs": ["get"],
            },
            "get secrets ('x')",
        ),
    ],
    ids=str,
)
def test_a_right_beyond_the_task_is_caught(
    path: str, value: object, what: str, prod: Mapping[str, Declared]
) -> None:
    (message,) = rights(prod, prod[ROLE].changed(path, value))
    assert f"the job media-catalog-jwt-secret may {what} in media-catalog-prod" in message


def test_the_snapshots_job_changes_its_lease_and_nothing_else(
    prod: Mapping[str, Declared],
) -> None:
    (message,) = rights(prod, prod["snapshots-rights-role"].changed("rules.0.verbs", ["delete"]))
    assert "the job snapshots may delete leases ('vault-snapshots') in vault" in message


def test_where_vault_makes_no_snapshots_nobody_takes_any(prod: Mapping[str, Declared]) -> None:
    (message,) = said(RULE, prod["snapshots-file"], environment=Environment.DEV)
    assert "takes snapshots, which nobody may in dev" in message


def test_google_is_the_one_other_that_knows_the_snapshots_job(
    prod: Mapping[str, Declared],
) -> None:
    token = {"path": "token", "audience": "//iam.googleapis.com/projects/1/x"}
    path = f"{POD}.volumes.1.projected.sources.1"
    told = {"serviceAccountToken": token}
    assert said(RULE, prod[SNAPSHOTS].changed(path, told)) == []
    (message,) = said(RULE, prod[JOB].changed(path, told))
    assert "has tokens for //iam.googleapis.com" in message


def test_rights_that_are_declared_elsewhere_are_caught(prod: Mapping[str, Declared]) -> None:
    for path, value in (("roleRef.name", "elsewhere"), ("roleRef.kind", "ClusterRole")):
        (message,) = rights(prod, prod[BINDING].changed(path, value))
        assert "rights that no Role declared here says" in message


# --- the image -----------------------------------------------------------------------------------


def test_a_job_with_an_image_of_its_own_is_caught(prod: Mapping[str, Declared]) -> None:
    assert said(IMAGE, *prod.values()) == []
    other = prod[JOB].changed(f"{POD}.containers.0.image", "elsewhere.example/jobs:1")
    (message,) = said(IMAGE, *{**prod, JOB: other}.values())
    assert "the jobs run 2 images, elsewhere.example/jobs:1 and " in message


def test_each_rule_has_one() -> None:
    assert {*names(SEEDS), RIGHTS, IMAGE} == {rule.name for rule in RULES}
