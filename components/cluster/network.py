"""Who may reach the servers, and whom they may reach. What is not named is refused, both ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import meta, networking

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.peers import (
    HTTPS,
    Egress,
    Ingress,
    Peer,
    allow,
    networks,
    pods_of,
    tcp,
    to_api_server,
    to_dns,
)
from components.settings import NetworkSettings
from components.settings.deployment import API_PORT

_POD_IDENTITY_AGENT, _POD_IDENTITY_PORT = "169.254.170.23/32", 80
# Of their own namespace.
_SERVERS: Final = Peer(pod_selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR))


@dataclass(frozen=True, slots=True)
class NetworkArgs:
    settings: NetworkSettings
    workload_namespaces: tuple[str, ...]
    """Of the matrix' workloads."""
    database_port: int | None
    pod_identity: bool


def make_network_policies(
    name: str, layout: Layout, args: NetworkArgs, opts: pulumi.ResourceOptions
) -> list[networking.v1.NetworkPolicy]:
    """Nothing in the namespace talks to anything, but for the servers as they must."""
    nothing_else = allow(f"{name}-nothing-else", _metadata(layout, "vault-nothing-else"), opts)
    servers = allow(
        f"{name}-servers",
        _metadata(layout, "vault-servers"),
        opts,
        pods=names.SELECTOR,
        ingress=_ingress(args),
        egress=_egress(args),
    )
    return [nothing_else, servers]


def to_servers(namespace: str) -> Egress:
    """From pods elsewhere in the cluster to the deployed servers' API."""
    return Egress(to=[pods_of(namespace, names.SELECTOR)], ports=tcp(API_PORT))


def to_pod_identity() -> Egress:
    """To the agent on the pod's own node, from which it has its role in AWS."""
    return Egress(to=networks((_POD_IDENTITY_AGENT,)), ports=tcp(_POD_IDENTITY_PORT))


def _metadata(layout: Layout, name: str) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(name=name, namespace=layout.namespace, labels=names.LABELS)


def _ingress(args: NetworkArgs) -> list[Ingress]:
    namespaces = sorted({*args.workload_namespaces, *args.settings.client_namespaces})
    clients = [*map(pods_of, namespaces), *networks(args.settings.client_cidrs)]
    rules = [Ingress(from_=[_SERVERS], ports=tcp(API_PORT, names.CLUSTER_PORT))]
    if clients:  # an empty list would mean everybody
        rules.append(Ingress(from_=clients, ports=tcp(API_PORT)))
    return rules


def _egress(args: NetworkArgs) -> list[Egress]:
    settings = args.settings
    rules = [
        Egress(to=[_SERVERS], ports=tcp(API_PORT, names.CLUSTER_PORT)),
        to_dns(settings.dns_cidrs),
    ]
    if settings.api_server_cidrs:
        rules.append(to_api_server(settings.api_server_cidrs))
    named: list[tuple[Sequence[str], int | None]] = [
        (settings.https_cidrs, HTTPS),
        (settings.database_cidrs, args.database_port),
        ((_POD_IDENTITY_AGENT,), _POD_IDENTITY_PORT if args.pod_identity else None),
    ]
    rules += [
        Egress(to=networks(cidrs), ports=tcp(port))
        for cidrs, port in named
        if cidrs and port is not None  # an empty list would mean everybody
    ]
    return rules
