"""The Kubernetes provider: which cluster it is does not depend on this machine."""

from __future__ import annotations

import pulumi
import pytest

from components.kubernetes_cluster import make_provider
from components.settings import KubernetesSettings
from tests.recording import Runner


@pytest.mark.parametrize("given", [None, "/etc/kubeconfig"])
def test_a_cluster_is_known_by_its_context(
    run: Runner, monkeypatch: pytest.MonkeyPatch, given: str | None
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/me/of-this-machine")
    settings = KubernetesSettings(given, "shop", "vault", "cluster.local")
    recording = run(lambda: make_provider("shop-cluster", settings, pulumi.ResourceOptions()))
    assert recording["shop-cluster"].values == {
        "context": "shop",
        "kubeconfig": given or "",
        "clusterIdentifier": "shop",
        "enableConfigMapMutable": "true",
    }
