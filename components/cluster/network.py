"""Who may reach the servers, and whom they may reach. What is not named is refused, both ways."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import meta, networking

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.settings import NetworkSettings
from components.settings.deployment import API_PORT

_HTTPS, _DNS = 443, 53
# 443 behind most clusters' service, 6443 where kubeadm put it.
_API_SERVER_PORTS = (_HTTPS, 6443)
# A server that may reach the instance's metadata could become the node.
_INSTANCE_METADATA = ("169.254.169.254", "fd00:ec2::254")
_POD_IDENTITY_AGENT, _POD_IDENTITY_PORT = "169.254.170.23/32", 80

_Peer = networking.v1.NetworkPolicyPeerArgs
_Port = networking.v1.NetworkPolicyPortArgs


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
    nothing_else = networking.v1.NetworkPolicy(
        f"{name}-nothing-else",
        metadata=_metadata(layout, "vault-nothing-else"),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
        ),
        opts=opts,
    )
    servers = networking.v1.NetworkPolicy(
        f"{name}-servers",
        metadata=_metadata(layout, "vault-servers"),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
            policy_types=["Ingress", "Egress"],
            ingress=_ingress(args),
            egress=_egress(args),
        ),
        opts=opts,
    )
    return [nothing_else, servers]


def _metadata(layout: Layout, name: str) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(name=name, namespace=layout.namespace, labels=names.LABELS)


def _ingress(args: NetworkArgs) -> Sequence[networking.v1.NetworkPolicyIngressRuleArgs]:
    namespaces = sorted({*args.workload_namespaces, *args.settings.client_namespaces})
    clients = [*map(_namespace, namespaces), *_networks(args.settings.client_cidrs)]
    rules = [
        networking.v1.NetworkPolicyIngressRuleArgs(
            from_=[_servers()], ports=_tcp(API_PORT, names.CLUSTER_PORT)
        )
    ]
    if clients:  # an empty list would mean everybody
        rules.append(
            networking.v1.NetworkPolicyIngressRuleArgs(from_=clients, ports=_tcp(API_PORT))
        )
    return rules


def _egress(args: NetworkArgs) -> Sequence[networking.v1.NetworkPolicyEgressRuleArgs]:
    rules = [
        ([_servers()], _tcp(API_PORT, names.CLUSTER_PORT)),
        (
            [_namespace("kube-system"), *_networks(args.settings.dns_cidrs)],
            [_Port(protocol=protocol, port=_DNS) for protocol in ("UDP", "TCP")],
        ),
        (_networks(args.settings.api_server_cidrs), _tcp(*_API_SERVER_PORTS)),
        (_networks(args.settings.https_cidrs), _tcp(_HTTPS)),
    ]
    if args.database_port:
        rules.append((_networks(args.settings.database_cidrs), _tcp(args.database_port)))
    if args.pod_identity:
        rules.append((_networks([_POD_IDENTITY_AGENT]), _tcp(_POD_IDENTITY_PORT)))
    return [
        networking.v1.NetworkPolicyEgressRuleArgs(to=to, ports=ports) for to, ports in rules if to
    ]


def _servers() -> _Peer:
    return _Peer(pod_selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR))


def _namespace(name: str) -> _Peer:
    return _Peer(
        namespace_selector=meta.v1.LabelSelectorArgs(
            match_labels={"kubernetes.io/metadata.name": name}
        )
    )


def _networks(cidrs: Iterable[str]) -> list[_Peer]:
    return [
        _Peer(ip_block=networking.v1.IPBlockArgs(cidr=cidr, except_=_without_metadata(cidr)))
        for cidr in cidrs
    ]


def _without_metadata(cidr: str) -> list[str] | None:
    network = ipaddress.ip_network(cidr)
    addresses = map(ipaddress.ip_address, _INSTANCE_METADATA)
    return [f"{one}/{one.max_prefixlen}" for one in addresses if one in network] or None


def _tcp(*ports: int) -> list[_Port]:
    return [_Port(protocol="TCP", port=port) for port in ports]
