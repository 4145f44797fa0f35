"""Whom the jobs' pods reach, and that nobody reaches them."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import pytest

from components.cluster.layout import SELECTOR as SERVERS
from components.operations.rotation import layout
from components.operations.rotation.network import make_network_policy
from components.settings import DeploymentSettings
from policies.environments import Environment
from policies.guardrails.network import OPEN
from policies.guardrails.rule import Resource, Setting
from tests.components.cluster.deployments import DEPLOYMENT, NETWORK, record
from tests.recording import Runner

TCP: Final = "TCP"


def declared(run: Runner, deployment: DeploymentSettings = DEPLOYMENT) -> dict[str, Any]:
    made = record(run, lambda opts: make_network_policy("network", "shop-dev", deployment, opts))
    return made["network"].values


def of_namespace(name: str) -> dict[str, Any]:
    return {"matchLabels": {"kubernetes.io/metadata.name": name}}


def test_it_is_of_the_jobs_pods_alone(run: Runner) -> None:
    """The namespace is an application's, and so is what else runs there."""
    found = declared(run)
    assert found["metadata"]["namespace"] == "shop-dev"
    assert found["spec"]["podSelector"] == {"matchLabels": layout.SELECTOR}


def test_nobody_reaches_them(run: Runner) -> None:
    spec = declared(run)["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in spec


def test_they_reach_the_servers_dns_and_the_api_server(run: Runner) -> None:
    servers, dns, api_server = declared(run)["spec"]["egress"]
    assert servers == {
        "to": [
            {
                "namespaceSelector": of_namespace("vault"),
                "podSelector": {"matchLabels": SERVERS},
            }
        ],
        "ports": [{"protocol": TCP, "port": 8200}],
    }
    assert dns["to"] == [
        {"namespaceSelector": of_namespace("kube-system")},
        {"ipBlock": {"cidr": "169.254.20.10/32"}},
    ]
    assert [(one["protocol"], one["port"]) for one in dns["ports"]] == [("UDP", 53), (TCP, 53)]
    assert api_server["to"] == [{"ipBlock": {"cidr": "10.2.0.0/16"}}]
    assert [one["port"] for one in api_server["ports"]] == [443, 6443]


@pytest.mark.parametrize(
    ("cidr", "without"),
    [("0.0.0.0/0", "169.254.169.254/32"), ("fd00::/8", "fd00:ec2::254/128")],
)
def test_wherever_the_api_server_is_they_never_reach_the_nodes_identity(
    run: Runner, cidr: str, without: str
) -> None:
    network = dataclasses.replace(NETWORK, api_server_cidrs=(cidr,))
    found = declared(run, dataclasses.replace(DEPLOYMENT, network=network))
    assert found["spec"]["egress"][2]["to"] == [{"ipBlock": {"cidr": cidr, "except": [without]}}]
    seen = Resource("kubernetes:networking.k8s.io/v1:NetworkPolicy", "network", props=found)
    assert list(OPEN.check(seen, Setting(Environment.PROD, {}))) == []
