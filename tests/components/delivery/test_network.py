"""The others, as network policies name them."""

from __future__ import annotations

from typing import Any

import pulumi
import pytest
from pulumi_kubernetes import meta, networking

from components.delivery.network import (
    Egress,
    networks,
    pods_of,
    tcp,
    to_api_server,
    to_dns,
    to_vault,
)
from tests.components.delivery.shop import SETTINGS, settings
from tests.recording import Runner

METADATA = ["169.254.169.254/32"]


def declared(run: Runner, rule: Egress) -> Any:
    """A rule as the API server would be given it."""

    def program() -> None:
        networking.v1.NetworkPolicy(
            "policy",
            metadata=meta.v1.ObjectMetaArgs(name="policy"),
            spec=networking.v1.NetworkPolicySpecArgs(
                pod_selector=meta.v1.LabelSelectorArgs(), egress=[rule]
            ),
            opts=pulumi.ResourceOptions(),
        )

    return run(program)["policy"].values["spec"]["egress"][0]


def test_servers_of_this_program_are_named_by_their_labels(run: Runner) -> None:
    rule = declared(run, to_vault(SETTINGS))
    (peer,) = rule["to"]
    assert peer == {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "vault"}},
        "podSelector": {
            "matchLabels": {
                "app.kubernetes.io/name": "vault",
                "app.kubernetes.io/component": "server",
            }
        },
    }
    assert rule["ports"] == [{"protocol": "TCP", "port": 8200}]


@pytest.mark.parametrize(
    ("address", "port"), [("https://vault.example.com", 443), ("http://10.0.0.1:8300", 8300)]
)
def test_another_vault_is_anywhere_but_at_the_nodes_identity(
    run: Runner, address: str, port: int
) -> None:
    rule = declared(run, to_vault(settings(servers=False, vault_address=address)))
    assert [peer["ipBlock"]["cidr"] for peer in rule["to"]] == ["0.0.0.0/0", "::/0"]
    assert rule["to"][0]["ipBlock"]["except"] == METADATA
    assert rule["to"][1]["ipBlock"]["except"] == ["fd00:ec2::254/128"]
    assert rule["ports"] == [{"protocol": "TCP", "port": port}]


def test_dns_and_the_api_server_are_where_the_settings_say(run: Runner) -> None:
    dns = declared(run, to_dns(SETTINGS))
    assert dns["to"][0]["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "kube-system"
    }
    assert dns["to"][1] == {"ipBlock": {"cidr": "169.254.20.10/32"}}
    assert [(port["protocol"], port["port"]) for port in dns["ports"]] == [("UDP", 53), ("TCP", 53)]
    api_server = declared(run, to_api_server(SETTINGS))
    assert api_server["to"] == [{"ipBlock": {"cidr": "10.2.0.0/16"}}]
    assert [port["port"] for port in api_server["ports"]] == [443, 6443]


def test_a_network_leaves_the_nodes_identity_out_only_where_it_holds_it(run: Runner) -> None:
    rule = Egress(to=networks(["169.254.0.0/16", "10.0.0.0/8"]), ports=tcp(1, 2))
    found = declared(run, rule)
    assert found["to"] == [
        {"ipBlock": {"cidr": "169.254.0.0/16", "except": METADATA}},
        {"ipBlock": {"cidr": "10.0.0.0/8"}},
    ]
    assert [port["port"] for port in found["ports"]] == [1, 2]


def test_all_pods_of_a_namespace_may_be_meant(run: Runner) -> None:
    (peer,) = declared(run, Egress(to=[pods_of("kube-system")], ports=tcp(1)))["to"]
    assert "podSelector" not in peer
