"""Who may read the servers' metrics: Prometheus, and how it finds them and shows who it is.

Vault shows its metrics to a token only on the server that leads, and while that is unsealed. So it
is no token by which Prometheus is known but a certificate, on a listener that asks for one: of an
authority that signs nothing else, in Vault's namespace. What is alerted on is not said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pulumi
from pulumi_kubernetes import apiextensions, core, meta, networking

from components.certificate import API_VERSION, GROUP
from components.cluster import layout as names
from components.cluster.layout import Layout
from components.options import after
from components.peers import Ingress, pods_of, tcp
from components.settings.telemetry import TelemetrySettings

PORT_NAME: Final = "metrics"
LABELS: Final = {**names.LABELS, "vaultstack/serves": "metrics"}
"""Of the Service by which Prometheus finds the servers, and of no other."""
_SELF_SIGNED: Final = "vault-metrics-self-signed"
_KEY: Final = {"algorithm": "ECDSA", "size": 256}


def make_metrics_access(
    name: str, layout: Layout, settings: TelemetrySettings, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """All of it, before there is a server: a pod waits for the authority's certificate."""
    authority = _make_authority(f"{name}-authority", layout, opts)
    return [
        *authority,
        _make_client(f"{name}-client", layout, after(opts, authority)),
        _make_service(f"{name}-service", layout, opts),
        _make_network_policy(f"{name}-network", layout, settings, opts),
    ]


def _make_authority(
    name: str, layout: Layout, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """It keeps its key when it is renewed: servers read its certificate when they start, and the
    one they have must go on to vouch for what is signed later. They have a year to be restarted.
    """
    self_signed = _custom(
        f"{name}-self-signed", layout, "Issuer", _SELF_SIGNED, {"selfSigned": {}}, opts
    )
    certificate = _custom(
        f"{name}-certificate",
        layout,
        "Certificate",
        names.METRICS_CA_SECRET,
        {
            "isCA": True,
            "commonName": "vault-metrics",
            "secretName": names.METRICS_CA_SECRET,
            "issuerRef": _issuer(_SELF_SIGNED),
            "duration": "87600h",
            "renewBefore": "8760h",
            "privateKey": {**_KEY, "rotationPolicy": "Never"},
            "usages": ["cert sign"],
        },
        after(opts, [self_signed]),
    )
    issuer = _custom(
        f"{name}-issuer",
        layout,
        "Issuer",
        names.METRICS,
        {"ca": {"secretName": names.METRICS_CA_SECRET}},
        after(opts, [certificate]),
    )
    return [self_signed, certificate, issuer]


def _make_client(
    name: str, layout: Layout, opts: pulumi.ResourceOptions
) -> apiextensions.CustomResource:
    """Lives three days; nobody could take it back."""
    return _custom(
        name,
        layout,
        "Certificate",
        names.METRICS_CLIENT_SECRET,
        {
            "commonName": "prometheus",
            "secretName": names.METRICS_CLIENT_SECRET,
            "issuerRef": _issuer(names.METRICS),
            "duration": "72h",
            "renewBefore": "48h",
            "privateKey": {**_KEY, "rotationPolicy": "Always"},
            "usages": ["digital signature", "client auth"],
        },
        opts,
    )


def _issuer(name: str) -> Mapping[str, str]:
    return {"group": GROUP, "kind": "Issuer", "name": name}


def _custom(
    name: str,
    layout: Layout,
    kind: str,
    called: str,
    spec: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> apiextensions.CustomResource:
    return apiextensions.CustomResource(
        name,
        api_version=API_VERSION,
        kind=kind,
        metadata=_metadata(layout, called, names.LABELS),
        spec=spec,
        opts=opts,
    )


def _make_service(name: str, layout: Layout, opts: pulumi.ResourceOptions) -> core.v1.Service:
    """Every server, ready or not: that one is not is what somebody wants to know."""
    return core.v1.Service(
        name,
        metadata=_metadata(layout, names.METRICS, LABELS, {"pulumi.com/skipAwait": "true"}),
        spec=core.v1.ServiceSpecArgs(
            type="ClusterIP",
            cluster_ip="None",
            publish_not_ready_addresses=True,
            selector=names.SELECTOR,
            ports=[
                core.v1.ServicePortArgs(
                    name=PORT_NAME, port=names.METRICS_PORT, target_port=PORT_NAME
                )
            ],
        ),
        opts=opts,
    )


def _make_network_policy(
    name: str, layout: Layout, settings: TelemetrySettings, opts: pulumi.ResourceOptions
) -> networking.v1.NetworkPolicy:
    """Adds to what the servers' own policy lets in; it takes nothing from it."""
    prometheus = pods_of(settings.prometheus_namespace, settings.prometheus_pod_labels)
    return networking.v1.NetworkPolicy(
        name,
        metadata=_metadata(layout, names.METRICS, names.LABELS),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
            policy_types=["Ingress"],
            ingress=[Ingress(from_=[prometheus], ports=tcp(names.METRICS_PORT))],
        ),
        opts=opts,
    )


def _metadata(
    layout: Layout,
    called: str,
    labels: Mapping[str, str],
    annotations: Mapping[str, str] | None = None,
) -> meta.v1.ObjectMetaArgs:
    return meta.v1.ObjectMetaArgs(
        name=called, namespace=layout.namespace, labels=labels, annotations=annotations
    )
