"""Who reaches the servers: Services, Ingresses and network policies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pulumi_policy import Severity

from policies.guardrails.rule import (
    Finding,
    Resource,
    ResourceRule,
    Setting,
    StackRule,
    dig,
    items,
    of_types,
)

_SERVICE: Final = "kubernetes:core/v1:Service"
_POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_NAMESPACE: Final = "kubernetes:core/v1:Namespace"
_METADATA: Final = tuple(map(ipaddress.ip_address, ("169.254.169.254", "fd00:ec2::254")))
# How the controllers of the clouds are told to make an internal load balancer.
_INTERNAL: Final[Mapping[str, str]] = {
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
    "service.beta.kubernetes.io/azure-load-balancer-internal": "true",
    "networking.gke.io/load-balancer-type": "Internal",
}
# What may be meant as "everywhere" without being written so.
_WIDEST: Final = 8


def everywhere(cidr: str) -> bool:
    """Whether a network is larger than any that somebody owns."""
    network = ipaddress.ip_network(cidr, strict=False)
    return network.prefixlen < (_WIDEST if network.version == 4 else 2 * _WIDEST)


def _exposed(resource: Resource, _: Setting) -> Iterator[str]:
    spec = resource.get("spec") or {}
    kind = spec.get("type", "ClusterIP")
    if kind == "NodePort":
        yield "spec.type NodePort opens a port on every node"
    if items(spec, "externalIPs"):
        yield "spec.externalIPs takes over addresses of others"
    if kind != "LoadBalancer":
        return
    annotations = resource.get("metadata", "annotations") or {}
    if not any(annotations.get(key) == value for key, value in _INTERNAL.items()):
        yield "no annotation makes the load balancer internal"
    ranges = items(spec, "loadBalancerSourceRanges")
    if not ranges:
        yield "spec.loadBalancerSourceRanges is empty, which is everybody"
    for cidr in ranges:
        if everywhere(cidr):
            yield f"spec.loadBalancerSourceRanges has {cidr!r}"


def _open(resource: Resource, _: Setting) -> Iterator[str]:
    spec = resource.get("spec") or {}
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for rule in items(spec, direction):
            yield from (f"spec.{direction} {what}" for what in _peers(rule, direction, peers))


def _peers(rule: Any, direction: str, key: str) -> Iterator[str]:
    if not items(rule, key):
        yield f"has a rule without {key!r}, which is everybody"
    if not items(rule, "ports"):
        yield "has a rule without ports, which is every port"
    for peer in items(rule, key):
        # An empty selector selects everything; one that is not there selects nothing by itself.
        if dig(peer, "namespaceSelector") == {} and not dig(peer, "podSelector"):
            yield "selects every namespace"
        cidr = dig(peer, "ipBlock", "cidr")
        if cidr and direction == "ingress" and everywhere(cidr):
            yield f"lets {cidr} in"
        if cidr and direction == "egress":
            yield from _metadata(cidr, items(peer, "ipBlock", "except"))


def _metadata(cidr: str, left_out: Sequence[str]) -> Iterator[str]:
    network = ipaddress.ip_network(cidr, strict=False)
    without = [ipaddress.ip_network(one, strict=False) for one in left_out]
    for address in _METADATA:
        if address in network and not any(address in one for one in without):
            yield f"reaches the node's identity at {address} ({cidr} without an exception)"


def _closed(resources: Sequence[Resource], _: Setting) -> Iterator[Finding]:
    """Each namespace must have a policy that selects all its pods and allows nothing: what other
    policies do not name is then refused, both ways.
    """
    closed = {
        (policy.text("metadata", "namespace"), direction)
        for policy in of_types(resources, _POLICY)
        if not _selector(policy)
        for direction in ("Ingress", "Egress")
        if direction in items(policy.props, "spec", "policyTypes")
        and not items(policy.props, "spec", direction.lower())
    }
    for namespace in of_types(resources, _NAMESPACE):
        for direction in ("Ingress", "Egress"):
            name = namespace.text("metadata", "name")
            if (name, direction) not in closed:
                yield Finding(f"no NetworkPolicy refuses all {direction} in {name}", namespace.urn)


def _selector(policy: Resource) -> Any:
    selector = policy.get("spec", "podSelector") or {}
    return selector.get("matchLabels") or selector.get("matchExpressions")


EXPOSED: Final = ResourceRule(
    name="service-internal",
    says="Services are reached from inside, and from named networks.",
    meaning="Vault would be open to whoever scans the Internet.",
    repair="Use ClusterIP, or an internal load balancer with loadBalancerSourceRanges "
    "(exposure, clientCidrs)",
    severity=Severity.CRITICAL,
    types=frozenset({_SERVICE}),
    check=_exposed,
)
OPEN: Final = ResourceRule(
    name="network-named-peers",
    says="Network policies name who talks to whom, and at which ports.",
    meaning="A pod that somebody took over could reach the servers, or the servers' node.",
    repair="Name peers and ports; leave the metadata address out of what is reached "
    "(components/cluster/network.py)",
    severity=Severity.HIGH,
    types=frozenset({_POLICY}),
    check=_open,
)
CLOSED: Final = StackRule(
    name="network-closed-by-default",
    says="Each namespace refuses what no network policy names.",
    meaning="Kubernetes lets every pod talk to every other one until a policy says otherwise.",
    repair="Declare a NetworkPolicy with an empty podSelector, both policyTypes and no rules",
    severity=Severity.HIGH,
    check=_closed,
)

RULES: Final = (EXPOSED, OPEN, CLOSED)
