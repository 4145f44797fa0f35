"""The jobs as a whole: what is made for each rotation, in which order, and what is said of those
that nobody runs.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Final

import pulumi
import pytest

from components.operations.rotation import Rotations, RotationsArgs, schedule_rotations
from components.settings import load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import Plan
from tests.components.conftest import PROVIDER_NAME, Alone
from tests.components.settings.loader import ENVIRONMENTS, deploying, of_existing
from tests.recording import ROOT, Recording, Resource, Runner, plain

IMAGE: Final = "registry.example/jobs:1.2.3"
JOBS: Final = {"jobsImage": IMAGE, "kubernetesContext": "somewhere"}
WITH_A_DATABASE: Final = {
    "awsEngine": True,
    "databaseHost": "postgres.example.com",
    "databaseRotateRoot": True,
}
RBAC: Final = "rbac.authorization.k8s.io/v1"
OF_EACH: Final = {
    "core/v1:ServiceAccount",
    "coordination.k8s.io/v1:Lease",
    "core/v1:ConfigMap",
    f"{RBAC}:Role",
    f"{RBAC}:RoleBinding",
    "batch/v1:CronJob",
}


def make(
    alone: Alone,
    config: Mapping[str, object],
    *,
    preview: bool = False,
) -> Recording:
    plan = plan_of(config)

    def component(opts: pulumi.ResourceOptions) -> Rotations:
        settings = load(MATRIX.spec)
        assert settings.operations
        return Rotations("rotations", RotationsArgs(settings.operations, settings, plan), opts)

    return alone(component, preview=preview, config=config)


def plan_of(config: Mapping[str, object]) -> Plan:
    return compile_plan(MATRIX, Environment(str(config["environment"])))


def in_kubernetes(recording: Recording) -> dict[str, Resource]:
    return {one.name: one for one in recording.resources if one.type.startswith("kubernetes:")}


def kind(one: Resource) -> str:
    return one.type.removeprefix("kubernetes:")


CONFIGURATIONS: Final = {
    **{f"deployed {name}": deploying(name, **JOBS) for name in ENVIRONMENTS},
    **{f"existing {name}": of_existing(name, **JOBS) for name in ENVIRONMENTS},
}


@pytest.fixture(params=CONFIGURATIONS)
def config(request: pytest.FixtureRequest) -> Mapping[str, object]:
    return CONFIGURATIONS[request.param]


def test_each_rotation_that_can_run_has_what_it_needs(
    alone: Alone, config: Mapping[str, object]
) -> None:
    recording = make(alone, config)
    run_here = recording.outputs_of("rotations")["names"]
    assert {"media-catalog-jwt-secret", "pki-intermediate"} <= set(run_here)
    for name in run_here:
        own = [
            one
            for one in in_kubernetes(recording).values()
            if one.values["metadata"]["labels"].get("vaultstack/rotation") == name
        ]
        assert {kind(one) for one in own} >= OF_EACH
        (schedule,) = (one for one in own if kind(one) == "batch/v1:CronJob")
        # Rights are there with their binding, which comes after its role.
        others = {one.name for one in own if kind(one) != f"{RBAC}:Role"} - {schedule.name}
        assert schedule.after >= others, "it may be due the moment it is there"


def test_a_job_is_held_to_restarting_before_it_may_patch(
    alone: Alone, config: Mapping[str, object]
) -> None:
    recording = make(alone, config)
    namespace = f"media-catalog-{config['environment']}"
    own = "rotations-media-catalog-jwt-secret"
    (held,) = recording.of("kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy")
    assert held.name == f"{own}-restart-only-policy"
    rights = recording[f"{own}-rights-{namespace}-role"]
    assert any("deployments" in rule["resources"] for rule in rights.values["rules"])
    assert rights.after >= {held.name, f"{own}-restart-only-binding"}


def test_accounts_are_those_that_the_roles_in_vault_are_bound_to(
    alone: Alone, config: Mapping[str, object]
) -> None:
    recording = make(alone, config)
    bound = {(one.namespace, one.service_account) for one in plan_of(config).kubernetes_roles}
    accounts = [one for one in in_kubernetes(recording).values() if "ServiceAccount" in one.type]
    made = [
        (one.values["metadata"]["namespace"], one.values["metadata"]["name"]) for one in accounts
    ]
    assert set(made) <= bound
    # Those of rotations that cannot run here, too: whoever made one would be that workload.
    rotations = plan_of(config).rotations
    assert sorted(made) == sorted((one.namespace, one.service_account) for one in rotations)
    assert "aws-root" not in recording.outputs_of("rotations")["names"]
    # The application's others are the application's.
    environment = str(config["environment"])
    assert (f"media-catalog-{environment}", "media-catalog") not in made


def test_every_job_logs_in_as_its_own_workload(alone: Alone, config: Mapping[str, object]) -> None:
    recording = make(alone, config)
    roles = {one.name: one for one in plan_of(config).kubernetes_roles}
    files = [one for one in in_kubernetes(recording).values() if kind(one) == "core/v1:ConfigMap"]
    schedules = {
        one.values["metadata"]["name"]: one.values["spec"]["jobTemplate"]["spec"]["template"][
            "spec"
        ]
        for one in in_kubernetes(recording).values()
        if kind(one) == "batch/v1:CronJob"
    }
    assert len(files) == len(schedules) > 0
    for one in files:
        told = json.loads(one.values["data"]["rotation.json"])
        role = roles[told["vault"]["role"]]
        pod = schedules[one.values["metadata"]["name"]]
        assert one.values["metadata"]["namespace"] == role.namespace
        assert pod["serviceAccountName"] == role.service_account
        (audience,) = (
            source["serviceAccountToken"]["audience"]
            for volume in pod["volumes"]
            for source in volume.get("projected", {}).get("sources", [])
            if "audience" in source.get("serviceAccountToken", {})
        )
        assert audience == role.audience


def test_where_the_servers_are_ours_the_jobs_reach_no_more_than_they_need(alone: Alone) -> None:
    recording = make(alone, deploying("staging", **JOBS))
    policies = [one for one in in_kubernetes(recording).values() if "NetworkPolicy" in one.type]
    schedules = [one for one in in_kubernetes(recording).values() if "CronJob" in one.type]
    of_policies = {one.values["metadata"]["namespace"] for one in policies}
    assert {one.values["metadata"]["namespace"] for one in schedules} == of_policies
    assert of_policies == {"vault", "media-catalog-staging"}
    for one in schedules:  # never reaching more than it should, not even at first
        assert {policy.name for policy in policies} <= one.after
    assert not any(
        "NetworkPolicy" in one.type for one in make(alone, of_existing("staging", **JOBS)).resources
    )


def test_everything_is_in_the_named_cluster(alone: Alone, config: Mapping[str, object]) -> None:
    recording = make(alone, config)
    provider = recording["rotations-kubernetes"]
    assert provider.values["context"] == config["kubernetesContext"]
    for one in in_kubernetes(recording).values():
        assert one.provider == provider.name
        assert one.values["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "vaultstack"


def test_it_needs_no_vault(alone: Alone, config: Mapping[str, object]) -> None:
    for one in make(alone, config).resources:
        assert PROVIDER_NAME not in one.after


def test_a_preview_shows_every_object_as_it_will_be(
    alone: Alone, config: Mapping[str, object]
) -> None:
    shown = in_kubernetes(make(alone, config, preview=True))
    made = in_kubernetes(make(alone, config))
    assert shown.keys() == made.keys()
    for name, one in shown.items():
        assert one.inputs == made[name].inputs, name
        assert one.inputs == plain(one.inputs), "nothing is secret: nobody need hide a difference"


def declared(run: Runner, secrets: Mapping[str, object], **changed: object) -> Recording:
    """In prod, with what must be encrypted."""
    config = of_existing("prod", **{**WITH_A_DATABASE, **JOBS, **changed})

    def program() -> None:
        settings = load(MATRIX.spec)
        assert settings.operations
        Rotations("rotations", RotationsArgs(settings.operations, settings, plan_of(config)))

    return run(program, config=config, secrets=secrets)


def about_rotations(recording: Recording) -> list[str]:
    return [line for line in recording.warnings if "rotation" in line]


def test_what_is_kept_as_it_is_configured_is_told_with_the_command(run: Runner) -> None:
    secrets = {"databasePasswords": {"kubesentiment": "hidden"}}
    kept = declared(run, secrets, databaseRotateRoot=False)
    assert "rotations-kubesentiment-database-root-schedule" not in kept
    (warning,) = about_rotations(kept)
    assert "nobody runs the rotation kubesentiment-database-root" in warning
    assert warning.endswith("; pulumi config set vaultstack:databaseRotateRoot true")
    rotated = declared(run, secrets, databaseRotateRoot=True)
    assert "rotations-kubesentiment-database-root-schedule" in rotated
    assert not about_rotations(rotated)


def test_what_is_not_there_to_be_rotated_is_left_out_without_a_word(run: Runner) -> None:
    """prod's Vault has a workload identity in AWS, and no key."""
    recording = declared(run, {"databasePasswords": {"kubesentiment": "hidden"}})
    assert "rotations-aws-root-schedule" not in recording
    assert not about_rotations(recording)


def test_a_renewal_that_would_change_the_ca_is_told(run: Runner) -> None:
    recording = declared(run, {}, pkiOrganization="Shop")
    (warning,) = (line for line in recording.warnings if "pkiOrganization" in line)
    assert "the rotation pki-intermediate renews the CA 'Shop prod intermediate CA'" in warning


def scheduled(run: Runner, plan: Plan, **changed: object) -> Recording:
    """As the program does it, in prod."""

    def program() -> None:
        made = schedule_rotations("rotations", load(MATRIX.spec), plan)
        assert bool(made) == bool(changed)

    return run(program, config=of_existing("prod", **{"jobsImage": "", **changed}))


def test_without_jobs_one_warning_names_all_rotations_and_the_command(run: Runner) -> None:
    plan = compile_plan(MATRIX, Environment.PROD)
    recording = scheduled(run, plan)
    assert not in_kubernetes(recording)
    (warning,) = about_rotations(recording)
    for rotation in plan.rotations:
        assert rotation.name in warning
    assert "pulumi config set vaultstack:jobsImage" in warning
    assert not about_rotations(scheduled(run, dataclasses.replace(plan, rotations=())))


def test_with_jobs_they_are_made(run: Runner) -> None:
    recording = scheduled(run, compile_plan(MATRIX, Environment.PROD), **JOBS)
    assert "rotations-pki-intermediate-schedule" in recording


def test_the_documentation_names_every_rotation_with_its_schedule_and_who_runs_it() -> None:
    text = (ROOT / "docs" / "rotation.md").read_text()
    for environment in Environment:
        plan = compile_plan(MATRIX, environment)
        workload = {one.role: one.workload for owner in plan.owners for one in owner.members}
        for one in plan.rotations:
            assert f"| `{one.name}` | `{one.schedule}` | " in text
            assert f" | `{workload[one.role]}` | " in text
        for user in plan.database_static_roles:
            assert f"| `{user.name}` | `{user.schedule}` | " in text
