"""Who may read the servers' metrics: Prometheus, by a certificate of an authority of its own."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest

from components.cluster.metrics import make_metrics_access
from tests.components.cluster.deployments import LAYOUT, record
from tests.components.telemetry import TELEMETRY
from tests.recording import Recording, Runner


@pytest.fixture
def made(run: Runner) -> Recording:
    def make(opts: pulumi.ResourceOptions) -> object:
        return make_metrics_access("access", LAYOUT, TELEMETRY, opts)

    return record(run, make)


def spec(made: Recording, name: str) -> Any:
    return made[name].values["spec"]


def test_the_authority_signs_nothing_else_and_keeps_its_key(made: Recording) -> None:
    assert spec(made, "access-authority-self-signed") == {"selfSigned": {}}
    authority = spec(made, "access-authority-certificate")
    assert authority["isCA"] is True
    assert authority["issuerRef"]["name"] == "vault-metrics-self-signed"
    # Servers read its certificate when they start, and never again.
    assert authority["privateKey"]["rotationPolicy"] == "Never"
    assert spec(made, "access-authority-issuer") == {"ca": {"secretName": "vault-metrics-ca"}}
    assert authority["secretName"] == "vault-metrics-ca"


def test_prometheus_certificate_is_for_clients_and_lives_shortly(made: Recording) -> None:
    client = spec(made, "access-client")
    assert client["usages"] == ["digital signature", "client auth"]
    assert client["duration"] == "72h"
    assert client["issuerRef"] == {
        "group": "cert-manager.io",
        "kind": "Issuer",
        "name": "vault-metrics",
    }
    assert client["privateKey"]["rotationPolicy"] == "Always"


def test_the_service_finds_every_server_ready_or_not(made: Recording) -> None:
    service = spec(made, "access-service")
    assert service["clusterIP"] == "None"
    assert service["publishNotReadyAddresses"] is True
    assert service["ports"] == [{"name": "metrics", "port": 8203, "targetPort": "metrics"}]
    # No other Service must be taken for it.
    assert made["access-service"].values["metadata"]["labels"]["vaultstack/serves"] == "metrics"


def test_only_prometheus_pods_reach_the_port(made: Recording) -> None:
    policy = spec(made, "access-network")
    assert policy["policyTypes"] == ["Ingress"]
    assert policy["ingress"] == [
        {
            "from": [
                {
                    "namespaceSelector": {
                        "matchLabels": {"kubernetes.io/metadata.name": "monitoring"}
                    },
                    "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
                }
            ],
            "ports": [{"protocol": "TCP", "port": 8203}],
        }
    ]


def test_all_is_in_vaults_namespace(made: Recording) -> None:
    namespaces = {one.values["metadata"]["namespace"] for one in made.resources}
    assert namespaces == {"vault"}
