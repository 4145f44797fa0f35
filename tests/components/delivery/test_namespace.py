"""A namespace in which nothing else runs, and nothing talks unless it is said."""

from __future__ import annotations

import pulumi
import pytest

from components.delivery.namespace import make_closed_namespace
from components.namespace import PodSecurity
from tests.recording import Runner


@pytest.mark.parametrize("level", PodSecurity)
@pytest.mark.parametrize("protect", [True, False])
def test_a_namespace(run: Runner, level: PodSecurity, protect: bool) -> None:
    recording = run(
        lambda: make_closed_namespace(
            "a", "there", level, pulumi.ResourceOptions(), protect=protect
        )
    )
    namespace, refusal = recording["a"], recording["a-nothing-else"]
    assert level.value in namespace.values["metadata"]["labels"].values()
    assert namespace.protect is protect
    assert not refusal.protect
    assert refusal.after == {"a"}
    assert refusal.values["metadata"]["namespace"] == "there"
    assert refusal.values["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
