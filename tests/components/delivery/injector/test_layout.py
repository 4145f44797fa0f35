"""The injector's names."""

from __future__ import annotations

from components.delivery.injector.layout import Layout
from components.settings import KubernetesSettings


def test_it_lives_beside_its_vault_and_not_with_it() -> None:
    layout = Layout.of(KubernetesSettings(None, "a", "vault-two", "cluster.example"))
    assert layout.namespace == "vault-two-injector"
    assert layout.host_names == (
        "vault-agent-injector.vault-two-injector.svc",
        "vault-agent-injector.vault-two-injector.svc.cluster.example",
    )
