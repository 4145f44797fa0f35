"""`components.settings.deployment`: where Vault's API is, by how it is exposed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from components.settings.deployment import (
    CertificateSettings,
    DeploymentSettings,
    Exposure,
    ExposureSettings,
    KubernetesSettings,
    NetworkSettings,
    SizeSettings,
)
from components.settings.quantity import Bytes, Cpu

GIB: Final = Bytes.parse("1Gi")
DEPLOYMENT: Final = DeploymentSettings(
    kubernetes=KubernetesSettings(None, "shop", "vault", "cluster.local"),
    image="vault:1.21.0",
    priority_class=None,
    size=SizeSettings(Cpu(100), GIB, GIB, GIB, None),
    certificate=CertificateSettings(None, "vault-tls"),
    exposure=ExposureSettings(Exposure.NONE, None, "nlb", None, {}),
    network=NetworkSettings((), (), (), (), (), ()),
    aws=None,
)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        (Exposure.NONE, "https://vault.vault.svc.cluster.local:8200"),
        (Exposure.LOAD_BALANCER, "https://vault.example.com:8200"),
        (Exposure.INGRESS, "https://vault.example.com"),
    ],
)
def test_the_address_is_the_one_of_the_exposure(kind: Exposure, address: str) -> None:
    exposure = ExposureSettings(kind, "vault.example.com", "nlb", "nginx", {})
    assert replace(DEPLOYMENT, exposure=exposure).address == address


def test_inside_it_is_named_by_namespace_and_domain() -> None:
    kubernetes = KubernetesSettings(None, "shop", "secrets", "k8s.example")
    made = replace(DEPLOYMENT, kubernetes=kubernetes)
    assert made.address == "https://vault.secrets.svc.k8s.example:8200"
