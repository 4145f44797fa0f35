"""Who reads the servers' metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from components.cluster.layout import METRICS_PORT
from policies.guardrails.metrics import PORT, RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

LISTENER, READERS, TLS = "metrics-client-certificate", "metrics-named-readers", "metrics-over-tls"
CONFIG: Final = "cluster-config"
NETWORK: Final = "cluster-metrics-network"
MONITOR: Final = "telemetry-servicemonitor"
SHOWN: Final = "telemetry { unauthenticated_metrics_access = true }"
VERIFIES: Final = "tls_require_and_verify_client_cert = true"
TRUSTS: Final = 'tls_client_ca_file = "/ca.crt"'
SAYS: Final = "has a listener with unauthenticated_metrics_access that asks for no certificate"
PROMETHEUS: Final = {"podSelector": {"matchLabels": {"app": "prometheus"}}}
POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"


def listening(*inside: str) -> dict[str, str]:
    return {"server.hcl": 'listener "tcp" {\n' + "\n".join(inside) + "\n}\n"}


def in_json(value: object) -> dict[str, str]:
    return {"server.json": json.dumps({"listener": value})}


IN_JSON: Final = {
    "tcp": {"address": "[::]:8203", "telemetry": {"unauthenticated_metrics_access": True}}
}

SEEDS: Final = (
    Seed(LISTENER, CONFIG, "data", listening(SHOWN), f"data['server.hcl'] {SAYS}"),
    Seed(LISTENER, CONFIG, "data", listening(SHOWN, VERIFIES), f"data['server.hcl'] {SAYS}"),
    Seed(LISTENER, CONFIG, "data", listening(SHOWN, TRUSTS), f"data['server.hcl'] {SAYS}"),
    Seed(
        LISTENER,
        CONFIG,
        "data",
        listening(SHOWN, TRUSTS, VERIFIES.replace("true", "false")),
        f"data['server.hcl'] {SAYS}",
    ),
    Seed(LISTENER, CONFIG, "data", in_json(IN_JSON), f"data['server.json'] {SAYS}"),
    Seed(LISTENER, CONFIG, "data", in_json([IN_JSON]), f"data['server.json'] {SAYS}"),
    Seed(
        LISTENER,
        CONFIG,
        "data",
        listening("profiling { unauthenticated_pprof_access = true }"),
        "data['server.hcl'] has a listener with unauthenticated_pprof_access",
    ),
    Seed(
        READERS,
        NETWORK,
        "spec.ingress.0.from.0.podSelector",
        None,
        "spec.ingress lets every pod of a namespace read the metrics",
    ),
    Seed(
        READERS,
        NETWORK,
        "spec.ingress.0.from.0.namespaceSelector",
        {},
        "spec.ingress lets pods of no named namespace read the metrics",
    ),
    Seed(
        READERS,
        NETWORK,
        "spec.ingress.0.from",
        [{"ipBlock": {"cidr": "10.0.0.0/16"}}],
        "spec.ingress lets 10.0.0.0/16 read the metrics",
    ),
    Seed(TLS, MONITOR, "spec.endpoints.0.scheme", "http", "spec.endpoints has one that is not"),
    Seed(
        TLS,
        MONITOR,
        "spec.endpoints.0.tlsConfig.insecureSkipVerify",
        True,
        "spec.endpoints has one whose certificate is not checked",
    ),
    Seed(
        TLS,
        MONITOR,
        "spec.endpoints.0.authorization",
        {"credentials": {"name": "token", "key": "token"}},
        "spec.endpoints has one with authorization",
    ),
)


def policy(ports: list[Mapping[str, Any]]) -> Declared:
    return Declared(
        POLICY, "added", {"spec": {"ingress": [{"from": [PROMETHEUS], "ports": ports}]}}
    )


RANGE: Final = {"protocol": "TCP", "port": 8000, "endPort": 9000}
ADDED: Final = tuple(
    Added(READERS, policy([port]), "spec.ingress lets pods of no named namespace read the metrics")
    for port in ({"protocol": "TCP", "port": PORT}, RANGE, {"protocol": "TCP", "port": "metrics"})
)


@pytest.mark.parametrize("seed", [*SEEDS, *ADDED], ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names([*SEEDS, *ADDED]) == {rule.name for rule in RULES}


def test_the_port_is_the_one_that_is_deployed() -> None:
    assert PORT == METRICS_PORT


def test_other_ports_are_other_rules_matter() -> None:
    assert said(READERS, policy([{"protocol": "TCP", "port": 8200}])) == []


@pytest.mark.parametrize(
    "inside", [(), (SHOWN, VERIFIES, TRUSTS), (SHOWN.replace("true", "false"),)]
)
def test_a_listener_that_shows_nothing_or_verifies_is_silent(
    inside: tuple[str, ...], prod: Mapping[str, Declared]
) -> None:
    assert said(LISTENER, prod[CONFIG].changed("data", listening(*inside))) == []
