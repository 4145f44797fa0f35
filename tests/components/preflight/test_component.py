"""The preflight of what calls Vault, as the program declares it."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pytest

from components.preflight import PodsPreflight, PodsPreflightArgs
from components.settings import load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from tests.components.conftest import Alone
from tests.components.settings.loader import deploying
from tests.recording import Recording


def make(alone: Alone, config: Mapping[str, object]) -> Recording:
    plan = compile_plan(MATRIX, Environment.STAGING)

    def component(opts: pulumi.ResourceOptions) -> PodsPreflight:
        return PodsPreflight("preflight", PodsPreflightArgs(load(MATRIX.spec), plan), opts)

    return alone(component, config=config)


@pytest.mark.parametrize("on", [{"agentInjector": True}, {"csiProvider": True}], ids=str)
def test_it_asks_where_there_is_something_to_be_asked_for(
    alone: Alone, on: Mapping[str, object]
) -> None:
    recording = make(alone, deploying("staging", **on))
    found = recording["preflight-questions"]
    assert found.type == "pulumi-python:dynamic/vaultstack:Preflight"
    assert found.values["context"] == "cluster-staging"
    assert recording.outputs_of("preflight") == {"asked": True}


def test_and_nowhere_else(alone: Alone) -> None:
    recording = make(alone, deploying("staging"))
    assert "preflight-questions" not in recording
    assert recording.outputs_of("preflight") == {"asked": False}
