"""The others, as network policies name them."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_kubernetes import meta

from components.peers import (
    Egress,
    Ingress,
    allow,
    networks,
    pods_of,
    tcp,
    to_api_server,
    to_dns,
)
from tests.components.peers import declared
from tests.recording import Runner

METADATA: Final = ["169.254.169.254/32"]


def test_dns_and_the_api_server_are_where_the_settings_say(run: Runner) -> None:
    dns = declared(run, to_dns(["169.254.20.10/32"]))
    assert dns["to"][0]["namespaceSelector"]["matchLabels"] == {
        "kubernetes.io/metadata.name": "kube-system"
    }
    assert dns["to"][1] == {"ipBlock": {"cidr": "169.254.20.10/32"}}
    assert [(port["protocol"], port["port"]) for port in dns["ports"]] == [("UDP", 53), ("TCP", 53)]
    api_server = declared(run, to_api_server(["10.2.0.0/16"]))
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


def test_who_is_not_named_is_refused_both_ways(run: Runner) -> None:
    opts = pulumi.ResourceOptions()

    def program() -> None:
        allow("all", meta.v1.ObjectMetaArgs(name="all"), opts)
        one = Ingress(from_=[pods_of("there")], ports=tcp(1))
        allow("some", meta.v1.ObjectMetaArgs(name="some"), opts, pods={"a": "b"}, ingress=[one])

    made = run(program)
    assert made["all"].values["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    spec = made["some"].values["spec"]
    assert spec["podSelector"] == {"matchLabels": {"a": "b"}}
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert len(spec["ingress"]) == 1
    assert "egress" not in spec
