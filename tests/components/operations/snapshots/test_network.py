"""Whom the job reaches: Vault, DNS, the API server and what is https. Nobody reaches it."""

from __future__ import annotations

import dataclasses
from typing import Any

from components.operations.snapshots import layout
from components.operations.snapshots.network import make_network_policy
from components.settings import DeploymentSettings, WorkloadIdentity
from tests.components.cluster.deployments import AWS, DEPLOYMENT, NETWORK, record
from tests.components.operations.snapshots.taking import ROLE
from tests.recording import Runner


def spec(run: Runner, deployment: DeploymentSettings = DEPLOYMENT) -> dict[str, Any]:
    made = record(run, lambda opts: make_network_policy("network", ROLE, deployment, opts))
    found: dict[str, Any] = made["network"].values["spec"]
    return found


def ports(rule: dict[str, Any]) -> list[int]:
    return [port["port"] for port in rule["ports"]]


def test_nobody_reaches_it_and_it_is_of_its_own_pods_alone(run: Runner) -> None:
    found = spec(run)
    assert found["podSelector"] == {"matchLabels": layout.SELECTOR}
    assert found["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in found


def test_it_reaches_the_stores_but_never_the_nodes_identity(run: Runner) -> None:
    *_, https = spec(run)["egress"]
    assert ports(https) == [443]
    assert https["to"] == [{"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}]
    closed = dataclasses.replace(NETWORK, https_cidrs=())
    without = spec(run, dataclasses.replace(DEPLOYMENT, network=closed))["egress"]
    assert [ports(rule) for rule in without] == [[8200], [53, 53], [443, 6443]]


def test_with_pod_identity_it_reaches_the_agent_on_its_node(run: Runner) -> None:
    aws = dataclasses.replace(AWS, identity=WorkloadIdentity.POD_IDENTITY)
    *_, agent = spec(run, dataclasses.replace(DEPLOYMENT, aws=aws))["egress"]
    assert agent["to"] == [{"ipBlock": {"cidr": "169.254.170.23/32"}}]
    assert ports(agent) == [80]
