"""The snapshots as a whole: what is made, in which order; what is said where nobody takes any."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pulumi

from components.operations.snapshots.component import Snapshots, schedule_snapshots
from components.settings import load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.components.settings.loader import deploying, of_existing
from tests.recording import Recording, Runner, plain

JOBS: Final = {"jobsImage": "registry.example/jobs:1.2.3", "kubernetesContext": "somewhere"}


def declared(run: Runner, config: Mapping[str, object], *, preview: bool = False) -> Recording:
    plan = compile_plan(MATRIX, Environment(str(config["environment"])))

    def program() -> Snapshots | None:
        made = schedule_snapshots("snapshots", load(MATRIX.spec), plan, pulumi.ResourceOptions())
        assert made is None or isinstance(made, Snapshots)
        return None

    return run(program, config=config, preview=preview)


def kubernetes(recording: Recording) -> list[str]:
    made = [one.type for one in recording.resources if one.type.startswith("kubernetes:")]
    return sorted(one.rpartition(":")[2] for one in made)


def about_snapshots(recording: Recording) -> list[str]:
    return [line for line in recording.warnings if "snapshots" in line]


def test_where_the_servers_are_ours_they_are_scheduled(run: Runner) -> None:
    recording = declared(run, deploying("staging", **JOBS))
    assert kubernetes(recording) == [
        "ConfigMap",
        "CronJob",
        "Lease",
        "NetworkPolicy",
        "Role",
        "RoleBinding",
        "ServiceAccount",
    ]
    schedule = recording["snapshots-schedule"]
    others = {one.name for one in recording.resources if one.type.startswith("kubernetes:")}
    # Rights are there with their binding; the store with all in it.
    assert schedule.after >= others - {schedule.name, "snapshots-rights-role"}
    assert "snapshots-store-permission" in schedule.after or "snapshots-store" in schedule.after
    assert not about_snapshots(recording)


def test_a_preview_shows_every_object_as_it_will_be(run: Runner) -> None:
    config = deploying("prod", **JOBS, snapshotSecondRegion="eu-central-1")
    shown, made = declared(run, config, preview=True), declared(run, config)
    for one in made.resources:
        if one.type.startswith("kubernetes:"):
            assert shown[one.name].inputs == one.inputs == plain(one.inputs)


def test_on_files_there_are_none(run: Runner) -> None:
    recording = declared(run, deploying("dev", **JOBS))
    assert not kubernetes(recording)
    assert not about_snapshots(recording)


def test_without_an_image_one_warning_says_what_is_lost(run: Runner) -> None:
    recording = declared(run, deploying("prod", jobsImage=""))
    assert not kubernetes(recording)
    (warning,) = about_snapshots(recording)
    assert "what is lost with all servers is lost" in warning
    assert "pulumi config set vaultstack:jobsImage" in warning


def test_of_servers_that_others_deployed_it_takes_none_but_keeps_the_account(run: Runner) -> None:
    """Whoever made it could copy all that Vault stores."""
    recording = declared(run, of_existing("prod", **JOBS))
    assert kubernetes(recording) == ["ServiceAccount"]
    (warning,) = about_snapshots(recording)
    assert "nobody takes snapshots here" in warning
