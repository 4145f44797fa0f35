"""Who reads the servers' metrics: whoever shows a certificate, and in the cluster Prometheus' pods.

They hold no secret, but names of roles, mounts and policies, and what goes on when.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from pulumi_policy import Severity

from policies.guardrails.rule import Resource, ResourceRule, Setting, dig, items, truth
from policies.hcl_syntax import LiteralType, ObjectType, parse_document

PORT: Final = 8203
"""At which the servers show them; a test keeps it the one that is deployed."""
_CONFIG_MAP: Final = "kubernetes:core/v1:ConfigMap"
_POLICY: Final = "kubernetes:networking.k8s.io/v1:NetworkPolicy"
_SERVICE_MONITOR: Final = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor"
_NAMESPACE: Final = "kubernetes.io/metadata.name"
_MUST_VERIFY: Final = "tls_require_and_verify_client_cert"
# What a listener shows without a token: the block that says so, and its setting.
_SHOWN: Final = {
    "telemetry": "unauthenticated_metrics_access",
    "profiling": "unauthenticated_pprof_access",
    "inflight_requests_logging": "unauthenticated_in_flight_requests_access",
}


def _listeners(resource: Resource, _: Setting) -> Iterator[str]:
    for file, text in (resource.get("data") or {}).items():
        if not file.endswith((".hcl", ".json")) or "listener" not in text:
            continue
        for block in parse_document(text).items:
            if block.at.value == "listener" and isinstance(block.value, ObjectType):
                yield from (f"data[{file!r}] {what}" for what in _of_listener(block.value))


def _of_listener(listener: ObjectType) -> Iterator[str]:
    said = _literals(listener)
    verifies = truth(said.get(_MUST_VERIFY)) and said.get("tls_client_ca_file")
    for block in listener.items:
        setting = _SHOWN.get(str(block.at.value))
        if not setting or not isinstance(block.value, ObjectType):
            continue
        if truth(_literals(block.value).get(setting)) and not verifies:
            yield (
                f"has a listener with {setting} that asks for no certificate "
                f"({_MUST_VERIFY}, tls_client_ca_file)"
            )


def _literals(block: ObjectType) -> dict[str, Any]:
    return {
        str(one.at.value): one.value.at.value
        for one in block.items
        if isinstance(one.value, LiteralType)
    }


def _policies(resource: Resource, _: Setting) -> Iterator[str]:
    for rule in items(resource.props, "spec", "ingress"):
        if not any(_covers(port) for port in items(rule, "ports")):
            continue
        for peer in items(rule, "from"):
            if dig(peer, "ipBlock"):
                yield f"spec.ingress lets {dig(peer, 'ipBlock', 'cidr')} read the metrics"
                continue
            if not dig(peer, "namespaceSelector", "matchLabels", _NAMESPACE):
                yield "spec.ingress lets pods of no named namespace read the metrics"
            if not (dig(peer, "podSelector", "matchLabels") or {}):
                yield "spec.ingress lets every pod of a namespace read the metrics"


def _covers(port: Any) -> bool:
    """Whether a port, or a range of them, holds that of the metrics; a name may be any."""
    number = dig(port, "port")
    if not isinstance(number, int | float):
        return number in (None, "metrics")
    return number <= PORT <= (dig(port, "endPort") or number)


def _monitors(resource: Resource, _: Setting) -> Iterator[str]:
    for endpoint in items(resource.props, "spec", "endpoints"):
        if dig(endpoint, "scheme") != "https":
            yield "spec.endpoints has one that is not asked over TLS"
        if truth(dig(endpoint, "tlsConfig", "insecureSkipVerify")):
            yield "spec.endpoints has one whose certificate is not checked"
        for key in ("authorization", "basicAuth", "bearerTokenSecret", "bearerTokenFile"):
            if dig(endpoint, key):
                yield f"spec.endpoints has one with {key}: a token of Vault's lies with Prometheus"


LISTENERS: Final = ResourceRule(
    name="metrics-client-certificate",
    says="What a server shows without a token, it shows to a certificate.",
    meaning="Whoever reaches the port learns of every role and mount, and what is used when.",
    repair=f"Give the listener tls_client_ca_file and {_MUST_VERIFY} (components/cluster)",
    severity=Severity.HIGH,
    types=frozenset({_CONFIG_MAP}),
    check=_listeners,
)
POLICIES: Final = ResourceRule(
    name="metrics-named-readers",
    says="Only named pods of a named namespace reach the port of the metrics.",
    meaning="A certificate that got lost would be good from everywhere in the cluster.",
    repair="Name Prometheus' namespace and pods (prometheusNamespace, prometheusPodLabels)",
    severity=Severity.MEDIUM,
    types=frozenset({_POLICY}),
    check=_policies,
)
MONITORS: Final = ResourceRule(
    name="metrics-over-tls",
    says="Prometheus checks whom it asks, and holds no token of Vault's.",
    meaning="Whoever answers could keep an alert quiet; a token is one more to lose.",
    repair="Set tlsConfig.ca and serverName, and let the client's certificate be the credential",
    severity=Severity.MEDIUM,
    types=frozenset({_SERVICE_MONITOR}),
    check=_monitors,
)

RULES: Final = (LISTENERS, POLICIES, MONITORS)
