"""The others that what delivers talks to, as network policies name them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Final
from urllib.parse import urlsplit

from pulumi_kubernetes import meta, networking

from components.cluster.layout import SELECTOR as SERVERS
from components.settings import DeliverySettings
from components.settings.deployment import API_PORT

_DNS: Final = 53
_HTTPS: Final = 443
# 443 behind most clusters' service, 6443 where kubeadm put it.
_API_SERVER: Final = (_HTTPS, 6443)
# What reaches the instance's metadata could become the node.
_INSTANCE_METADATA: Final = tuple(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254")))
_EVERYWHERE: Final = ("0.0.0.0/0", "::/0")

Peer = networking.v1.NetworkPolicyPeerArgs
Port = networking.v1.NetworkPolicyPortArgs
Egress = networking.v1.NetworkPolicyEgressRuleArgs
Ingress = networking.v1.NetworkPolicyIngressRuleArgs


def to_api_server(settings: DeliverySettings) -> Egress:
    return Egress(to=networks(settings.api_server_cidrs), ports=tcp(*_API_SERVER))


def to_dns(settings: DeliverySettings) -> Egress:
    return Egress(
        to=[pods_of("kube-system"), *networks(settings.dns_cidrs)],
        ports=[Port(protocol=protocol, port=_DNS) for protocol in ("UDP", "TCP")],
    )


def to_vault(settings: DeliverySettings) -> Egress:
    """To the servers that this program deploys; another Vault's address only DNS knows."""
    if settings.servers:
        return Egress(to=[pods_of(settings.kubernetes.namespace, SERVERS)], ports=tcp(API_PORT))
    port = urlsplit(settings.vault_address).port or _HTTPS
    return Egress(to=networks(_EVERYWHERE), ports=tcp(port))


def pods_of(namespace: str, labels: Mapping[str, str] | None = None) -> Peer:
    """All pods of a namespace, or those with these labels."""
    return Peer(
        namespace_selector=meta.v1.LabelSelectorArgs(
            match_labels={"kubernetes.io/metadata.name": namespace}
        ),
        pod_selector=meta.v1.LabelSelectorArgs(match_labels=labels) if labels else None,
    )


def networks(cidrs: Iterable[str]) -> list[Peer]:
    return [
        Peer(ip_block=networking.v1.IPBlockArgs(cidr=cidr, except_=_without_metadata(cidr)))
        for cidr in cidrs
    ]


def tcp(*ports: int) -> list[Port]:
    return [Port(protocol="TCP", port=port) for port in ports]


def _without_metadata(cidr: str) -> list[str] | None:
    network = ipaddress.ip_network(cidr)
    found = [one for one in _INSTANCE_METADATA if one in network]
    return [f"{one}/{one.max_prefixlen}" for one in found] or None
