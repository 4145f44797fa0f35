"""Whom the jobs' pods may reach: the servers, DNS and the API server. Nobody reaches them.

Made where this program deployed the servers and so knows the networks, in every namespace where a
job runs: the policy selects the jobs' own pods and says nothing of an application's.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

import pulumi
from pulumi_kubernetes import meta, networking

from components.cluster.layout import SELECTOR as SERVERS
from components.operations import layout as names
from components.settings import DeploymentSettings
from components.settings.deployment import API_PORT

_DNS: Final = 53
# 443 behind most clusters' service, 6443 where kubeadm put it.
_API_SERVER: Final = (443, 6443)
# What reaches the instance's metadata could become the node.
_INSTANCE_METADATA: Final = tuple(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254")))

_Peer = networking.v1.NetworkPolicyPeerArgs
_Port = networking.v1.NetworkPolicyPortArgs
_Rule = networking.v1.NetworkPolicyEgressRuleArgs


def make_network_policy(
    name: str, namespace: str, deployment: DeploymentSettings, opts: pulumi.ResourceOptions
) -> networking.v1.NetworkPolicy:
    network, tcp = deployment.network, "TCP"
    return networking.v1.NetworkPolicy(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=names.NETWORK_POLICY, namespace=namespace, labels=names.LABELS
        ),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
            policy_types=["Ingress", "Egress"],
            egress=[
                _Rule(
                    to=[_namespace(deployment.kubernetes.namespace, SERVERS)],
                    ports=[_Port(protocol=tcp, port=API_PORT)],
                ),
                _Rule(
                    to=[_namespace("kube-system"), *_networks(network.dns_cidrs)],
                    ports=[_Port(protocol=protocol, port=_DNS) for protocol in ("UDP", tcp)],
                ),
                _Rule(
                    to=_networks(network.api_server_cidrs),
                    ports=[_Port(protocol=tcp, port=port) for port in _API_SERVER],
                ),
            ],
        ),
        opts=opts,
    )


def _namespace(name: str, pods: dict[str, str] | None = None) -> _Peer:
    """All its pods, or those with certain labels."""
    return _Peer(
        namespace_selector=meta.v1.LabelSelectorArgs(
            match_labels={"kubernetes.io/metadata.name": name}
        ),
        pod_selector=meta.v1.LabelSelectorArgs(match_labels=pods) if pods else None,
    )


def _networks(cidrs: Iterable[str]) -> list[_Peer]:
    return [
        _Peer(ip_block=networking.v1.IPBlockArgs(cidr=cidr, except_=_without_metadata(cidr)))
        for cidr in cidrs
    ]


def _without_metadata(cidr: str) -> list[str] | None:
    network = ipaddress.ip_network(cidr)
    return [f"{one}/{one.max_prefixlen}" for one in _INSTANCE_METADATA if one in network] or None
