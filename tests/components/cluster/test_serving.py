"""The servers before first contact, in the whole program."""

from __future__ import annotations

import base64

import pulumi
import pytest

from components.cluster.serving import servers
from components.settings import load
from policies.compile import compile_plan
from policies.matrix import MATRIX
from tests.components.cluster.replication.test_component import TYPE
from tests.components.settings.loader import deploying, of_existing
from tests.recording import Runner
from tests.test_main import program

KEY = base64.b64encode(b"a public key").decode()


def test_a_copied_vault_is_the_primary_before_anything_else(run: Runner) -> None:
    config = of_existing(
        "prod", replicationRole="primary", replicationSecondaries={"eu-central": KEY}
    )
    recording = run(program, config=config)
    (primary,) = recording.of(TYPE)
    assert recording["replication"].type == "vaultstack:cluster:DrPrimary"
    assert primary.name in recording["vault"].after


@pytest.mark.parametrize("config", [of_existing("prod"), deploying("prod")])
def test_others_are_not(run: Runner, config: dict[str, object]) -> None:
    recording = run(program, config=config)
    assert recording.of(TYPE) == []
    assert ("cluster" in recording) is (config["target"] == "kubernetes")


def test_servers_that_are_there_and_copied_by_nobody_are_nothing_to_wait_for(run: Runner) -> None:
    found: list[object] = []

    def look() -> None:
        settings = load(MATRIX.spec)
        plan = compile_plan(MATRIX, settings.environment)
        found.append(servers(settings, plan, pulumi.ResourceOptions()))

    assert run(look, config=of_existing("prod")).resources == []
    assert found == [[]]
