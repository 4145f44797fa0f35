"""`policies.rotation_task`: the file of each job, as its contract has it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import Rotation
from policies.rotation import ByAgent, RotateKey
from policies.rotation_task import task
from policies.scheduled import Scheduled

TASKS: dict[str, dict[str, Any]] = {
    "aws-root": {"type": "aws-root"},
    "kubesentiment-ci-secret-ids": {
        "type": "secret-id",
        "role": "kubesentiment-ci",
        "wrap_ttl_seconds": 13 * 3600,
        "secret": {
            "namespace": "kubesentiment-ci-{}",
            "name": "vault-ci",
            "key": "wrapped-secret-id",
        },
        "overlap_seconds": 3600,
    },
    "kubesentiment-database-root": {"type": "database-root", "connection": "kubesentiment"},
    "media-catalog-jwt-secret": {
        "type": "kv-key",
        "path": "media-catalog/api",
        "key": "jwt_secret",
        "length": 48,
        "overlap_seconds": 86400,
        "tell": {
            "type": "restart",
            "namespace": "media-catalog-{}",
            "deployment": "media-catalog",
            "ready_within_seconds": 600,
        },
    },
    "pki-intermediate": {
        "type": "pki-intermediate",
        "common_name": "vaultstack {} intermediate CA",
        "ttl_seconds": 26280 * 3600,
        "root_mount": "pki-root",
        "mount": "pki",
    },
}


@pytest.mark.parametrize("environment", Environment)
def test_the_tasks_of_the_matrix(environment: Environment) -> None:
    rotations = compile_plan(MATRIX, environment).rotations
    expected = json.loads(json.dumps(TASKS).replace("{}", environment.value))
    assert {one.name: one.task for one in rotations} == expected


@pytest.mark.parametrize("environment", Environment)
def test_a_job_logs_in_as_the_role_of_the_plan(environment: Environment) -> None:
    plan = compile_plan(MATRIX, environment)
    roles = {role.name: role for role in plan.kubernetes_roles}
    for one in plan.rotations:
        role = roles[one.role]
        assert (one.namespace, one.service_account) == (role.namespace, role.service_account)
        assert one.audience == role.audience


@pytest.mark.parametrize(("tell", "told"), [(None, None), (ByAgent(), {"type": "agent"})])
def test_nobody_has_to_be_told(tell: ByAgent | None, told: object) -> None:
    (application,) = (one for one in MATRIX.applications if one.name == "media-catalog")
    (workload,) = (one for one in application.workloads if one.name == "rotation")
    key = RotateKey("x", application.entries[1].path, "session_secret", "rotation", tell=tell)
    made = task(Scheduled(key, application, workload), Environment.DEV)
    assert (made["key"], made["overlap_seconds"], made["tell"]) == ("session_secret", 0, told)


def test_the_seeds_secret_rotates_weekly() -> None:
    (jwt,) = (one for one in compile_plan(MATRIX, Environment.PROD).rotations if "jwt" in one.name)
    assert jwt == Rotation(
        name="media-catalog-jwt-secret",
        role="media-catalog-rotation",
        service_account="media-catalog-rotation",
        namespace="media-catalog-prod",
        audience="vault-prod",
        schedule="0 3 * * 1",
        interval_seconds=7 * 86400,
        task=jwt.task,
    )


def test_what_a_rotation_keeps_is_part_of_its_entry() -> None:
    entries = {entry.name: entry for entry in compile_plan(MATRIX, Environment.PROD).kv_entries}
    assert entries["media-catalog/api"].kept_keys == (
        "jwt_secret_previous",
        "jwt_secret_previous_until",
    )
    assert entries["media-catalog/database"].kept_keys == ()
