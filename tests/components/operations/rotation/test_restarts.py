"""What a job that restarts is held to. That nothing else passes is tried in tests/live."""

from __future__ import annotations

from typing import Final

from components.operations.rotation.restarts import make_restart_only, restarts
from tests.components.cluster.deployments import record
from tests.components.operations.rotation.rotations import AWS_ROOT, IDS, JWT, KV_KEY, rotation
from tests.recording import Recording, Runner
from vaultstack_jobs.configuration import Restart
from vaultstack_jobs.rollout import Rollout


def made(run: Runner) -> Recording:
    return record(run, lambda opts: make_restart_only("only", JWT, opts))


def test_rotations_that_restart_are_told_from_those_that_do_not() -> None:
    assert restarts(JWT)
    assert not any(map(restarts, (IDS, AWS_ROOT)))
    assert not restarts(rotation({**KV_KEY, "tell": None}))
    assert not restarts(rotation({**KV_KEY, "tell": {"type": "agent"}}))


def test_the_job_is_held_to_the_annotation_that_it_sets(run: Runner) -> None:
    """What the job itself calls it."""
    tell = KV_KEY["tell"]
    told = Restart(tell["namespace"], tell["deployment"], tell["ready_within_seconds"])
    rollout = Rollout(None, None, None, told, JWT.name)  # type: ignore[arg-type]
    (annotation,) = rollout._annotation("version 2")
    spec = made(run)["only-policy"].values["spec"]
    assert f"'{annotation}'" in spec["validations"][-1]["expression"]
    for rule in spec["validations"]:
        assert annotation in rule["message"]


LEFT_OUT: Final = {
    "object": "['metadata', 'spec']",
    "object.metadata": "['generation', 'managedFields']",
    "object.spec": "['template']",
    "object.spec.template": "['metadata']",
    "object.spec.template.metadata": "['annotations']",
    "variables.after": "['rotation.vaultstack/shop-jwt']",
}


def test_what_one_rule_leaves_out_another_one_reads(run: Runner) -> None:
    """But for the annotation, and what the API server counts."""
    validations = made(run)["only-policy"].values["spec"]["validations"]
    assert len(validations) == len(LEFT_OUT)
    for rule, (part, left_out) in zip(validations, LEFT_OUT.items(), strict=True):
        assert rule["expression"].startswith(f"dyn({part}).all(k, k in {left_out} || ")


def test_two_environments_in_one_cluster_have_one_each(run: Runner) -> None:
    for one in made(run).resources:
        assert one.values["metadata"]["name"] == "rotation-shop-jwt.shop-dev"
        assert "namespace" not in one.values["metadata"]
