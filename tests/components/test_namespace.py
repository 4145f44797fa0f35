"""A namespace, with how much of a node its pods may have."""

from __future__ import annotations

import pulumi
import pytest

from components.namespace import MANAGED, PodSecurity, make_namespace
from tests.recording import Runner


@pytest.mark.parametrize("level", PodSecurity)
def test_its_standard_is_enforced_and_told(run: Runner, level: PodSecurity) -> None:
    made = run(lambda: make_namespace("a", "there", level, pulumi.ResourceOptions()))["a"]
    assert made.values["metadata"]["name"] == "there"
    modes = ("enforce", "audit", "warn")
    assert made.values["metadata"]["labels"] == {
        **MANAGED,
        **{f"pod-security.kubernetes.io/{mode}": level.value for mode in modes},
    }
