"""Each Service publishes what it is for: a pod in every state that Vault labels it with is tried
against every Service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.cluster.services import (
    make_disruption_budget,
    make_exposure,
    make_services,
)
from components.settings import Exposure, ExposureSettings
from tests.components.cluster.deployments import ALONE, DEPLOYMENT, LAYOUT, exposed, record
from tests.recording import Recording, Runner

SERVICE: Final = "kubernetes:core/v1:Service"
BEGINNING: Final = names.LABELS
"""Before Vault labels its pod."""
STATES: Final[Mapping[str, Mapping[str, str]]] = {
    "beginning": {},
    "uninitialised": {
        "vault-initialized": "false",
        "vault-sealed": "true",
        "vault-active": "false",
    },
    "sealed": {"vault-initialized": "true", "vault-sealed": "true", "vault-active": "false"},
    "standby": {"vault-initialized": "true", "vault-sealed": "false", "vault-active": "false"},
    "active": {"vault-initialized": "true", "vault-sealed": "false", "vault-active": "true"},
}


def services(run: Runner, *, raft: bool = True) -> dict[str, dict[str, Any]]:
    """By their names in Kubernetes."""
    layout = LAYOUT if raft else ALONE
    recording = record(run, lambda opts: make_services("service", layout, opts, raft=raft))
    return {one.values["metadata"]["name"]: one.values for one in recording.of(SERVICE)}


def selected(service: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    selector: Mapping[str, str] = service["spec"]["selector"]
    return selector.items() <= labels.items()


@pytest.mark.parametrize(
    ("service", "states"),
    [
        # Of what it selects, only what is ready gets traffic: the readiness probe decides.
        (names.BALANCED, set(STATES)),
        (names.PEERS, set(STATES)),
        (names.ACTIVE, {"active"}),
        (names.STANDBY, {"standby"}),
    ],
)
def test_each_service_selects_the_servers_it_is_for(
    run: Runner, service: str, states: set[str]
) -> None:
    found = services(run)[service]
    assert {
        name for name, state in STATES.items() if selected(found, {**BEGINNING, **state})
    } == states


def test_no_service_selects_anything_but_servers(run: Runner) -> None:
    other = {"app.kubernetes.io/name": "shop", "vault-active": "true", "vault-sealed": "false"}
    for service in services(run).values():
        assert not selected(service, other)


def test_only_peers_find_what_is_not_ready(run: Runner) -> None:
    for name, service in services(run).items():
        unready = service["spec"].get("publishNotReadyAddresses", False)
        headless = service["spec"].get("clusterIP") == "None"
        assert unready == headless == (name == names.PEERS)


def test_only_peers_reach_the_port_of_the_cluster(run: Runner) -> None:
    for name, service in services(run).items():
        ports = {port["port"] for port in service["spec"]["ports"]}
        assert ports == ({8200, 8201} if name == names.PEERS else {8200})


def test_all_are_inside_and_in_the_certificate(run: Runner) -> None:
    for name, service in services(run).items():
        assert service["spec"]["type"] == "ClusterIP"
        assert service["metadata"]["namespace"] == LAYOUT.namespace
        if name != names.PEERS:  # nobody calls it by its own name
            assert LAYOUT.service_host(name) in LAYOUT.certificate_names


def test_nothing_waits_for_endpoints_that_wait_for_first_contact(run: Runner) -> None:
    for service in services(run).values():
        assert service["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"


def test_a_server_alone_always_leads(run: Runner) -> None:
    found = services(run, raft=False)
    assert set(found) == {names.BALANCED, names.PEERS, names.ACTIVE}
    assert selected(found[names.ACTIVE], BEGINNING)


@pytest.mark.parametrize(("servers", "away"), [(3, 1), (5, 2)])
def test_a_majority_stays_whatever_is_drained(run: Runner, servers: int, away: int) -> None:
    layout = Layout.of(DEPLOYMENT, servers)
    recording = record(run, lambda opts: make_disruption_budget("budget", layout, opts))
    spec = recording["budget"].values["spec"]
    assert spec["maxUnavailable"] == away
    assert servers - away > servers / 2
    assert "minAvailable" not in spec
    assert spec["selector"] == {"matchLabels": names.SELECTOR}
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


CLIENTS = ("10.1.0.0/16",)


def exposure(run: Runner, settings: ExposureSettings) -> Recording:
    return record(run, lambda opts: make_exposure("exposure", LAYOUT, settings, CLIENTS, opts))


def test_by_default_there_is_no_way_in_from_outside(run: Runner) -> None:
    assert not exposure(run, exposed(Exposure.NONE)).resources


def test_a_load_balancer_is_internal_and_keeps_the_clients_addresses(run: Runner) -> None:
    made = exposure(run, exposed(Exposure.LOAD_BALANCER, **{"example.com/own": "yes"}))["exposure"]
    values = made.values
    assert made.type == SERVICE
    assert values["spec"]["type"] == "LoadBalancer"
    assert values["spec"]["externalTrafficPolicy"] == "Local"
    # By another kind's controller it would be public.
    assert values["spec"]["loadBalancerClass"] == "service.k8s.aws/nlb"
    assert values["spec"]["loadBalancerSourceRanges"] == list(CLIENTS)
    assert selected(values, BEGINNING)
    assert {port["port"] for port in values["spec"]["ports"]} == {8200}
    annotations = values["metadata"]["annotations"]
    aws = "service.beta.kubernetes.io/aws-load-balancer"
    assert annotations[f"{aws}-scheme"] == "internal"
    assert annotations[f"{aws}-target-group-attributes"] == "preserve_client_ip.enabled=true"
    assert annotations["external-dns.alpha.kubernetes.io/hostname"] == "vault.example.com"
    assert annotations["example.com/own"] == "yes"
    assert annotations["pulumi.com/skipAwait"] == "true"


def test_an_ingress_passes_tls_through_to_the_servers(run: Runner) -> None:
    made = exposure(run, exposed(Exposure.INGRESS, **{"example.com/own": "yes"}))["exposure"]
    values = made.values
    assert made.type == "kubernetes:networking.k8s.io/v1:Ingress"
    assert values["spec"]["ingressClassName"] == "nginx"
    # Without a Secret: the certificate is the servers'.
    assert values["spec"]["tls"] == [{"hosts": ["vault.example.com"]}]
    (rule,) = values["spec"]["rules"]
    assert rule["host"] == "vault.example.com"
    (path,) = rule["http"]["paths"]
    assert (path["path"], path["pathType"]) == ("/", "Prefix")
    assert path["backend"]["service"] == {"name": names.BALANCED, "port": {"name": "https"}}
    annotations = values["metadata"]["annotations"]
    assert annotations["nginx.ingress.kubernetes.io/ssl-passthrough"] == "true"
    assert annotations["nginx.ingress.kubernetes.io/backend-protocol"] == "HTTPS"
    assert annotations["example.com/own"] == "yes"
    assert annotations["pulumi.com/skipAwait"] == "true"


@pytest.mark.parametrize("kind", [Exposure.LOAD_BALANCER, Exposure.INGRESS])
def test_a_stacks_own_annotation_wins(run: Runner, kind: Exposure) -> None:
    ours = {
        Exposure.LOAD_BALANCER: "service.beta.kubernetes.io/aws-load-balancer-scheme",
        Exposure.INGRESS: "nginx.ingress.kubernetes.io/backend-protocol",
    }[kind]
    values = exposure(run, exposed(kind, **{ours: "theirs"}))["exposure"].values
    assert values["metadata"]["annotations"][ours] == "theirs"
