"""Who reaches the servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from policies.environments import Environment
from policies.guardrails.network import RULES, everywhere
from tests.policies.guardrails.looking import BY_NAME, Declared, violations
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

BALANCER: Final = "cluster-exposure"
SERVERS: Final = "cluster-network-servers"
CLOSED: Final = "cluster-network-nothing-else"
EXPOSED, OPEN, DEFAULT = "service-internal", "network-named-peers", "network-closed-by-default"
SCHEME: Final = "service.beta.kubernetes.io/aws-load-balancer-scheme"
PORTS: Final = [{"protocol": "TCP", "port": 8200}]

SEEDS: Final = (
    Seed(EXPOSED, "cluster-service-balanced", "spec.type", "NodePort", "spec.type NodePort opens"),
    Seed(EXPOSED, "cluster-service-active", "spec.externalIPs", ["192.0.2.1"], "spec.externalIPs"),
    Seed(
        EXPOSED,
        BALANCER,
        "metadata.annotations",
        {SCHEME: "internet-facing"},
        "no annotation makes the load balancer internal",
    ),
    Seed(
        EXPOSED,
        BALANCER,
        "spec.loadBalancerSourceRanges",
        None,
        "spec.loadBalancerSourceRanges is empty, which is everybody",
    ),
    Seed(
        EXPOSED,
        BALANCER,
        "spec.loadBalancerSourceRanges",
        ["10.0.0.0/16", "0.0.0.0/1"],
        "spec.loadBalancerSourceRanges has '0.0.0.0/1'",
    ),
    Seed(OPEN, SERVERS, "spec.ingress.0.from", None, "spec.ingress has a rule without 'from'"),
    Seed(OPEN, SERVERS, "spec.ingress.0.ports", None, "spec.ingress has a rule without ports"),
    Seed(
        OPEN,
        SERVERS,
        "spec.ingress.1.from.2.ipBlock.cidr",
        "0.0.0.0/0",
        "spec.ingress lets 0.0.0.0/0 in",
    ),
    Seed(
        OPEN,
        SERVERS,
        "spec.ingress.1.from.0",
        {"namespaceSelector": {}},
        "spec.ingress selects every namespace",
    ),
    Seed(OPEN, SERVERS, "spec.egress.3.to", [], "spec.egress has a rule without 'to'"),
    Seed(
        OPEN,
        SERVERS,
        "spec.egress.3.to.0.ipBlock.except",
        None,
        "spec.egress reaches the node's identity at 169.254.169.254 (0.0.0.0/0 without an "
        "exception)",
    ),
    Seed(
        OPEN,
        SERVERS,
        "spec.egress.3.to.0.ipBlock",
        {"cidr": "::/0"},
        "spec.egress reaches the node's identity at fd00:ec2::254",
    ),
)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


@pytest.mark.parametrize(
    ("path", "value", "directions"),
    [
        ("spec.podSelector", {"matchLabels": {"a": "b"}}, ("Ingress", "Egress")),
        ("spec.policyTypes", ["Ingress"], ("Egress",)),
        ("spec.ingress", [{"from": []}], ("Ingress",)),
        ("metadata.namespace", "another", ("Ingress", "Egress")),
    ],
)
def test_a_namespace_that_is_open_is_caught(
    path: str, value: object, directions: tuple[str, ...], prod: Mapping[str, Declared]
) -> None:
    assert said(DEFAULT, *prod.values()) == []
    seeded = {**prod, CLOSED: prod[CLOSED].changed(path, value)}
    found = violations(seeded.values(), Environment.PROD, [BY_NAME[DEFAULT]])
    assert {one.resource for one in found} == {"cluster-namespace"}
    assert [one.message.partition(". ")[0] for one in found] == [
        f"cluster-namespace: no NetworkPolicy refuses all {direction} in vault"
        for direction in directions
    ]


def test_each_rule_has_one() -> None:
    assert names(SEEDS) | {DEFAULT} == {rule.name for rule in RULES}


@pytest.mark.parametrize(
    ("cidr", "wide"),
    [
        ("0.0.0.0/0", True),
        ("128.0.0.0/1", True),
        ("10.0.0.0/8", False),
        ("::/0", True),
        ("2000::/3", True),
        ("fd00::/8", True),
        ("2001:db8::/32", False),
    ],
)
def test_everywhere_is_what_nobody_owns(cidr: str, wide: bool) -> None:
    assert everywhere(cidr) is wide


def test_a_network_that_is_none_is_refused(prod: Mapping[str, Declared]) -> None:
    seeded = prod[BALANCER].changed("spec.loadBalancerSourceRanges", ["home"])
    (message,) = said(EXPOSED, seeded)
    assert message.startswith(f"{BALANCER}: cannot be read: 'home' does not appear to be")
