"""The servers before first contact, in the whole program."""

from __future__ import annotations

import base64

import pytest

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
