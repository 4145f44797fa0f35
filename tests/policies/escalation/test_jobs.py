"""What a job's task gives it in Kubernetes."""

from __future__ import annotations

import pytest

from policies.compile import compile_plan
from policies.environments import Environment
from policies.escalation import IN_KUBERNETES, POWERS, Effect, held_by_job
from policies.matrix import MATRIX

PLAN = compile_plan(MATRIX, Environment.PROD)


@pytest.mark.parametrize(
    ("name", "held"),
    [
        (
            "media-catalog-jwt-secret",
            ["restart-deployments patch deployments/media-catalog in media-catalog-prod"],
        ),
        (
            "kubesentiment-ci-secret-ids",
            ["write-secrets patch secrets/vault-ci in kubesentiment-ci-prod"],
        ),
        ("kubesentiment-database-root", []),
        ("aws-root", []),
        ("pki-intermediate", []),
    ],
)
def test_a_task_gives_just_this(name: str, held: list[str]) -> None:
    (rotation,) = (one for one in PLAN.rotations if one.name == name)
    found = held_by_job(rotation)
    assert [f"{one.power.name} {one.capability} {one.witness}" for one in found] == held


def test_a_restart_gives_nothing_while_the_cluster_limits_it() -> None:
    by_name = {power.name: power for power in IN_KUBERNETES}
    restart = by_name["restart-deployments"]
    assert restart.effect is Effect.HARM
    assert "without the admission policy" in restart.chain


def test_no_acl_is_asked_for_them() -> None:
    assert not any(power.ways for power in IN_KUBERNETES)
    assert not {power.name for power in IN_KUBERNETES} & {power.name for power in POWERS}
