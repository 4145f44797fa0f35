"""TLS wherever something leaves the machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from policies.environments import Environment
from policies.guardrails.tls import RULES, in_clear, on_loopback
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

CALLED, DATABASE, LISTENER = "tls-called", "tls-database", "tls-listener"
CONNECTION: Final = "database-connection-kubesentiment"
URL: Final = "postgresql.connectionUrl"
SERVER: Final = "postgresql://{{username}}:{{password}}@db.prod.example.internal:5432/x"
CONFIG: Final = "cluster-config"
LISTENS: Final = 'listener "tcp" { address = "[::]:8200" '

SEEDS: Final = (
    Seed(
        CALLED,
        "vault-provisioner",
        "address",
        "http://vault.prod.example.internal:8200",
        "address is 'http://vault.prod.example.internal:8200', which is without TLS",
    ),
    Seed(CALLED, "vault-provisioner", "skipTlsVerify", "true", "skipTlsVerify trusts whoever"),
    Seed(CALLED, "vault-provisioner", "skipTlsVerify", True, "skipTlsVerify trusts whoever"),
    Seed(CALLED, "oidc-mount", "oidcDiscoveryUrl", "http://login.example.com", "oidcDiscoveryUrl"),
    Seed(CALLED, "kubernetes-config", "kubernetesHost", "http://10.0.0.1", "kubernetesHost is"),
    Seed(CALLED, "aws-mount", "stsEndpoint", "http://sts.example.com", "stsEndpoint is"),
    Seed(
        CALLED,
        "oidc-role-operators",
        "allowedRedirectUris",
        ["http://vault.prod.example.internal/callback"],
        "allowedRedirectUris has",
    ),
    Seed(DATABASE, CONNECTION, URL, f"{SERVER}?sslmode=require", f"{URL} has sslmode=require"),
    Seed(DATABASE, CONNECTION, URL, SERVER, f"{URL} has sslmode=the default"),
    Seed(
        LISTENER,
        CONFIG,
        "data",
        {"server.hcl": f"{LISTENS} tls_disable = true }}"},
        "data['server.hcl'] has a listener with tls_disable",
    ),
    Seed(
        LISTENER,
        CONFIG,
        "data",
        {"server.hcl": f"{LISTENS} tls_disable = 1 }}"},
        "data['server.hcl'] has a listener with tls_disable",
    ),
    Seed(
        LISTENER,
        CONFIG,
        "data",
        {"server.json": '{"listener": {"tcp": {"tls_disable": "true"}}}'},
        "data['server.json'] has a listener with tls_disable",
    ),
    Seed(
        LISTENER,
        CONFIG,
        "data",
        {"server.json": '{"listener": [{"tcp": {"tls_disable": "true"}}]}'},
        "data['server.json'] has a listener with tls_disable",
    ),
    Seed(
        LISTENER,
        CONFIG,
        "data",
        {"server.hcl": f'{LISTENS} tls_min_version = "tls11" }}'},
        "data['server.hcl'] has a listener with tls_min_version 'tls11'",
    ),
    Seed(LISTENER, CONFIG, "data", {"server.hcl": "listener {"}, "cannot be read: line 1"),
    Seed(
        "tls-probes",
        "cluster-servers",
        "spec.template.spec.containers.0.livenessProbe.httpGet.scheme",
        "HTTP",
        "livenessProbe asks without TLS",
    ),
)
INGRESS: Final = "kubernetes:networking.k8s.io/v1:Ingress"
ADDED: Final = (
    Added("tls-ingress", Declared(INGRESS, "bare", {"spec": {}}), "spec.tls is missing"),
    Added(
        "tls-ingress",
        Declared(INGRESS, "ending", {"spec": {"tls": [{"hosts": ["a"]}]}}),
        "no annotation passes TLS through",
    ),
)


@pytest.mark.parametrize("seed", [*SEEDS, *ADDED], ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names([*SEEDS, *ADDED]) == {rule.name for rule in RULES}


@pytest.mark.parametrize(
    ("rule", "resource", "path", "value"),
    [
        (CALLED, "vault-provisioner", "address", "http://127.0.0.1:8200"),
        (CALLED, "vault-provisioner", "address", "http://[::1]:8200"),
        (CALLED, "kubernetes-config", "kubernetesHost", "https://10.0.0.1"),
        (DATABASE, CONNECTION, URL, "postgresql://{{username}}:{{password}}@127.0.0.1:1/x"),
        (
            LISTENER,
            CONFIG,
            "data",
            {"server.hcl": 'listener "tcp" { address = "127.0.0.1:8200" tls_disable = true }'},
        ),
        (
            LISTENER,
            CONFIG,
            "data",
            {"agent.hcl": 'listener "unix" { address = "/run/agent.sock" tls_disable = true }'},
        ),
    ],
)
def test_what_stays_on_the_machine_needs_none(
    rule: str, resource: str, path: str, value: Any, prod: Mapping[str, Declared]
) -> None:
    assert said(rule, prod[resource].changed(path, value)) == []


def test_the_rule_is_the_same_for_dev(prod: Mapping[str, Declared]) -> None:
    provider = prod["vault-provisioner"].changed("address", "http://vault.dev.example.internal")
    assert said(CALLED, provider, environment=Environment.DEV) != []


def test_an_ingress_that_passes_tls_on_is_silent() -> None:
    ingress = Declared(
        INGRESS,
        "ingress",
        {
            "metadata": {"annotations": {"nginx.ingress.kubernetes.io/ssl-passthrough": "true"}},
            "spec": {"tls": [{"hosts": ["vault.example.com"]}]},
        },
    )
    assert said("tls-ingress", ingress) == []


def test_hosts_on_this_machine() -> None:
    assert [on_loopback(host) for host in ("127.8.8.8", "::1", "localhost")] == [True] * 3
    assert [on_loopback(host) for host in ("10.0.0.1", "localhost.example.com", None)] == [
        False
    ] * 3
    assert not in_clear("https://example.com")
    assert in_clear("http://example.com")
    assert in_clear("example.com:8200")
