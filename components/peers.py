"""Whom pods talk to, as network policies name them: pods by their labels, all others by network.

Says nothing of who may: that is with each component.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final

import pulumi
from pulumi_kubernetes import meta, networking

HTTPS: Final = 443
_DNS: Final = 53
# 443 behind most clusters' service, 6443 where kubeadm put it.
_API_SERVER: Final = (HTTPS, 6443)
# What reaches the instance's metadata could become the node.
_INSTANCE_METADATA: Final = tuple(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254")))

Peer = networking.v1.NetworkPolicyPeerArgs
Port = networking.v1.NetworkPolicyPortArgs
Egress = networking.v1.NetworkPolicyEgressRuleArgs
Ingress = networking.v1.NetworkPolicyIngressRuleArgs


def pods_of(namespace: str, labels: Mapping[str, str] | None = None) -> Peer:
    """All pods of a namespace, or those with these labels."""
    return Peer(
        namespace_selector=meta.v1.LabelSelectorArgs(
            match_labels={"kubernetes.io/metadata.name": namespace}
        ),
        pod_selector=meta.v1.LabelSelectorArgs(match_labels=labels) if labels else None,
    )


def networks(cidrs: Iterable[str]) -> list[Peer]:
    """All in them but the instance's metadata."""
    return [
        Peer(ip_block=networking.v1.IPBlockArgs(cidr=cidr, except_=_without_metadata(cidr)))
        for cidr in cidrs
    ]


def tcp(*ports: int) -> list[Port]:
    return [Port(protocol="TCP", port=port) for port in ports]


def to_api_server(cidrs: Iterable[str]) -> Egress:
    return Egress(to=networks(cidrs), ports=tcp(*_API_SERVER))


def to_dns(cidrs: Iterable[str]) -> Egress:
    """To kube-system's pods, and to these networks."""
    return Egress(
        to=[pods_of("kube-system"), *networks(cidrs)],
        ports=[Port(protocol=protocol, port=_DNS) for protocol in ("UDP", "TCP")],
    )


def allow(
    name: str,
    metadata: meta.v1.ObjectMetaArgs,
    opts: pulumi.ResourceOptions,
    *,
    pods: Mapping[str, str] | None = None,
    ingress: list[Ingress] | None = None,
    egress: list[Egress] | None = None,
) -> networking.v1.NetworkPolicy:
    """That the namespace's pods with these labels, or all of them, talk to these and to nobody
    else, both ways.
    """
    return networking.v1.NetworkPolicy(
        name,
        metadata=metadata,
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(match_labels=pods),
            policy_types=["Ingress", "Egress"],
            ingress=ingress,
            egress=egress,
        ),
        opts=opts,
    )


def _without_metadata(cidr: str) -> list[str] | None:
    network = ipaddress.ip_network(cidr)
    found = [one for one in _INSTANCE_METADATA if one in network]
    return [f"{one}/{one.max_prefixlen}" for one in found] or None
