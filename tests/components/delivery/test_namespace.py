"""A namespace in which nothing else runs, and nothing talks unless it is said."""

from __future__ import annotations

import pulumi
import pytest

from components.delivery.namespace import PodSecurity, make_namespace
from tests.recording import Runner


@pytest.mark.parametrize("level", PodSecurity)
@pytest.mark.parametrize("protect", [True, False])
def test_a_namespace(run: Runner, level: PodSecurity, protect: bool) -> None:
    recording = run(
        lambda: make_namespace("a", "there", level, pulumi.ResourceOptions(), protect=protect)
    )
    namespace, refusal = recording["a"], recording["a-nothing-else"]
    labels = namespace.values["metadata"]["labels"]
    for mode in ("enforce", "audit", "warn"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == level.value
    assert namespace.protect is protect
    assert not refusal.protect
    assert refusal.after == {"a"}
    assert refusal.values["metadata"]["namespace"] == "there"
    assert refusal.values["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
