"""Who reaches whom: the declared policies, read as Kubernetes reads them, and asked about
addresses and pods.
"""

from __future__ import annotations

import dataclasses
import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.cluster import layout as names
from components.cluster.network import NetworkArgs, make_network_policies
from tests.components.cluster.deployments import LAYOUT, NETWORK, record
from tests.recording import Runner

ARGS: Final = NetworkArgs(NETWORK, ("shop-dev",), 5432, pod_identity=False)
INSTANCE_METADATA: Final = ("169.254.169.254", "fd00:ec2::254")
NETWORKS: Final = (*INSTANCE_METADATA, "10.1.2.3", "2001:db8::1")
VAULT: Final = "vault"
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Pod:
    namespace: str
    labels: Mapping[str, str]


SERVER: Final = Pod(VAULT, {**names.LABELS, "vault-active": "true"})
BESIDE: Final = Pod(VAULT, {"app": "something-else"})
DNS: Final = Pod("kube-system", {"k8s-app": "kube-dns"})
Other = Pod | str
"""The other side of a connection: a pod, or the address of what is none."""


class Policies:
    """Kubernetes' rules: a pod that any policy selects talks only as some policy allows."""

    def __init__(self, declared: Sequence[Json]) -> None:
        self._policies = declared

    def reached_by(self, other: Other, port: int, own: Pod = SERVER) -> bool:
        return self._allowed("Ingress", "ingress", "from", own, other, port, "TCP")

    def reaches(self, other: Other, port: int, own: Pod = SERVER, protocol: str = "TCP") -> bool:
        return self._allowed("Egress", "egress", "to", own, other, port, protocol)

    def _allowed(
        self, kind: str, key: str, side: str, own: Pod, other: Other, port: int, protocol: str
    ) -> bool:
        of_own = [
            one
            for one in self._policies
            if own.namespace == VAULT
            and kind in one["policyTypes"]
            and _matches(one["podSelector"], own.labels)
        ]
        if not of_own:
            return True
        rules = [rule for one in of_own for rule in one.get(key) or []]
        return any(
            _port(rule, port, protocol)
            and (not rule.get(side) or any(_peer(peer, other) for peer in rule[side]))
            for rule in rules
        )


def _matches(selector: Json, labels: Mapping[str, str]) -> bool:
    assert selector.keys() <= {"matchLabels"}
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= labels.items()


def _port(rule: Json, port: int, protocol: str) -> bool:
    ports = rule.get("ports")
    return not ports or any((one["port"], one["protocol"]) == (port, protocol) for one in ports)


def _peer(peer: Json, other: Other) -> bool:
    if isinstance(other, str):
        return "ipBlock" in peer and _block(peer["ipBlock"], other)
    if "ipBlock" in peer:
        return False
    namespace = {"kubernetes.io/metadata.name": other.namespace}
    inside = (
        _matches(peer["namespaceSelector"], namespace)
        if "namespaceSelector" in peer
        else other.namespace == VAULT
    )
    return inside and _matches(peer.get("podSelector", {}), other.labels)


def _block(block: Json, address: str) -> bool:
    ip = ipaddress.ip_address(address)
    return ip in ipaddress.ip_network(block["cidr"]) and not any(
        ip in ipaddress.ip_network(one) for one in block.get("except", [])
    )


def policies(run: Runner, args: NetworkArgs = ARGS) -> Policies:
    recording = record(run, lambda opts: make_network_policies("network", LAYOUT, args, opts))
    declared = recording.of("kubernetes:networking.k8s.io/v1:NetworkPolicy")
    assert len(declared) == len(recording.resources)
    for one in declared:
        assert one.values["metadata"]["namespace"] == VAULT
    return Policies([one.values["spec"] for one in declared])


def changed(**changes: Any) -> NetworkArgs:
    return dataclasses.replace(ARGS, settings=dataclasses.replace(NETWORK, **changes))


def test_servers_reach_each_other(run: Runner) -> None:
    found = policies(run)
    for port in (8200, 8201):
        assert found.reaches(SERVER, port)
        assert found.reached_by(SERVER, port)


@pytest.mark.parametrize("namespace", ["shop-dev", "ingress"])
def test_workloads_and_named_namespaces_reach_the_api_only(run: Runner, namespace: str) -> None:
    found, client = policies(run), Pod(namespace, {"any": "pod"})
    assert found.reached_by(client, 8200)
    assert not found.reached_by(client, 8201)


@pytest.mark.parametrize(("address", "allowed"), [("10.1.200.3", True), ("10.2.0.3", False)])
def test_named_networks_reach_the_api_only(run: Runner, address: str, allowed: bool) -> None:
    found = policies(run)
    assert found.reached_by(address, 8200) is allowed
    assert not found.reached_by(address, 8201)


@pytest.mark.parametrize(
    "stranger", [Pod("shop-staging", {}), Pod("default", names.LABELS), BESIDE, DNS, "8.8.8.8"]
)
def test_nobody_else_reaches_a_server(run: Runner, stranger: Other) -> None:
    found = policies(run)
    for port in (8200, 8201):
        assert not found.reached_by(stranger, port)


def test_without_clients_nobody_is_let_in_but_servers(run: Runner) -> None:
    """An empty list of clients would mean everybody."""
    none = dataclasses.replace(
        changed(client_namespaces=(), client_cidrs=()), workload_namespaces=()
    )
    found = policies(run, none)
    assert found.reached_by(SERVER, 8200)
    for other in (Pod("shop-dev", {}), BESIDE, "10.1.0.1"):
        assert not found.reached_by(other, 8200)


@pytest.mark.parametrize("protocol", ["TCP", "UDP"])
@pytest.mark.parametrize("server", [DNS, "169.254.20.10"])
def test_names_are_looked_up(run: Runner, server: Other, protocol: str) -> None:
    found = policies(run)
    assert found.reaches(server, 53, protocol=protocol)
    assert not found.reaches(server, 8200)


@pytest.mark.parametrize("port", [443, 6443])
def test_the_api_server_is_reached(run: Runner, port: int) -> None:
    assert policies(run).reaches("10.2.0.1", port)


def test_the_database_is_reached_where_the_settings_put_it(run: Runner) -> None:
    found = policies(run)
    assert found.reaches("10.3.1.1", 5432)
    assert not found.reaches("10.4.1.1", 5432)
    assert not found.reaches("10.3.1.1", 5433)


def test_without_a_database_its_networks_are_not_reached(run: Runner) -> None:
    found = policies(run, dataclasses.replace(ARGS, database_port=None))
    assert not found.reaches("10.3.1.1", 5432)


def test_clouds_and_the_identity_provider_are_reached_by_https_alone(run: Runner) -> None:
    found = policies(run)
    assert found.reaches("52.94.1.1", 443)
    for port in (80, 22, 8200, 5432):
        assert not found.reaches("52.94.1.1", port)


@pytest.mark.parametrize("pod_identity", [False, True])
def test_the_agent_for_pod_identity_is_reached_where_it_is_used(
    run: Runner, pod_identity: bool
) -> None:
    found = policies(run, dataclasses.replace(ARGS, pod_identity=pod_identity))
    assert found.reaches("169.254.170.23", 80) is pod_identity


@pytest.mark.parametrize("field", ["database_cidrs", "https_cidrs"])
def test_no_networks_are_none_and_not_all(run: Runner, field: str) -> None:
    found = policies(run, changed(**{field: ()}))
    ports = {"database_cidrs": 5432, "https_cidrs": 443}
    assert not found.reaches("52.94.1.1", ports[field])


def test_what_else_runs_in_the_namespace_talks_to_nobody(run: Runner) -> None:
    found = policies(run)
    for other in (SERVER, BESIDE, DNS, Pod("shop-dev", {}), "10.1.0.1", "52.94.1.1"):
        for port in (53, 443, 5432, 8200):
            assert not found.reaches(other, port, BESIDE)
            assert not found.reached_by(other, port, BESIDE)


def networks(address: str) -> st.SearchStrategy[str]:
    """Those that the address is in, but for itself alone."""
    longest = ipaddress.ip_address(address).max_prefixlen
    return st.integers(0, longest - 1).map(
        lambda length: str(ipaddress.ip_network(f"{address}/{length}", strict=False))
    )


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cidrs=st.lists(st.one_of(*map(networks, NETWORKS)), min_size=1, max_size=3))
def test_no_network_contains_the_instances_metadata(run: Runner, cidrs: list[str]) -> None:
    """Whoever reaches it could become the node."""
    named = tuple(cidrs)
    found = policies(run, changed(https_cidrs=named, api_server_cidrs=named, database_cidrs=named))
    for address in INSTANCE_METADATA:
        for port in (80, 443, 5432, 6443):
            assert not found.reaches(address, port)
