"""How the servers are found inside the Kubernetes cluster, and outside of it where that is asked
for. Each Service publishes only what it is for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_kubernetes import core, meta, networking, policy

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.settings import Exposure, ExposureSettings
from components.settings.deployment import API_PORT

# Vault writes these labels onto its own pod.
_LEADS: Mapping[str, str] = {"vault-active": "true"}
_STANDS_BY: Mapping[str, str] = {"vault-active": "false", "vault-sealed": "false"}
# Nothing is ready before first contact, which needs the Services: do not wait for endpoints.
_DO_NOT_WAIT = {"pulumi.com/skipAwait": "true"}
# Of the AWS load balancer controller. A dead server is noticed after ten seconds; which of the live
# ones are targets at all, their readiness says.
_INTERNAL = {
    "service.beta.kubernetes.io/aws-load-balancer-type": "external",
    "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
    "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
    "service.beta.kubernetes.io/aws-load-balancer-healthcheck-protocol": "HTTPS",
    "service.beta.kubernetes.io/aws-load-balancer-healthcheck-path": (
        "/v1/sys/health?standbyok=true&uninitcode=200&sealedcode=200"
    ),
    "service.beta.kubernetes.io/aws-load-balancer-healthcheck-interval": "5",
    "service.beta.kubernetes.io/aws-load-balancer-healthcheck-healthy-threshold": "2",
    "service.beta.kubernetes.io/aws-load-balancer-healthcheck-unhealthy-threshold": "2",
    # Clients' own addresses: audit entries and bound networks are worth nothing without.
    "service.beta.kubernetes.io/aws-load-balancer-target-group-attributes": (
        "preserve_client_ip.enabled=true"
    ),
}
# TLS ends at the servers and nowhere before.
_PASS_THROUGH = {
    "nginx.ingress.kubernetes.io/ssl-passthrough": "true",
    "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS",
}


def make_services(
    name: str, layout: Layout, opts: pulumi.ResourceOptions, *, raft: bool
) -> list[core.v1.Service]:
    """One that balances over what is unsealed, one to the leader, one to the standbys, and one by
    which peers find each other, ready or not.
    """
    services = [
        _service(f"{name}-balanced", layout, names.BALANCED, opts),
        _service(f"{name}-peers", layout, names.PEERS, opts, headless=True),
        # A single server labels nothing: it always leads.
        _service(f"{name}-active", layout, names.ACTIVE, opts, _LEADS if raft else {}),
    ]
    if raft:
        services.append(_service(f"{name}-standby", layout, names.STANDBY, opts, _STANDS_BY))
    return services


def _service(
    name: str,
    layout: Layout,
    service: str,
    opts: pulumi.ResourceOptions,
    state: Mapping[str, str] | None = None,
    *,
    headless: bool = False,
) -> core.v1.Service:
    ports = [core.v1.ServicePortArgs(name="https", port=API_PORT, target_port="https")]
    if headless:
        ports.append(
            core.v1.ServicePortArgs(
                name="https-internal", port=names.CLUSTER_PORT, target_port="https-internal"
            )
        )
    return core.v1.Service(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=service,
            namespace=layout.namespace,
            labels=names.LABELS,
            annotations=_DO_NOT_WAIT,
        ),
        spec=core.v1.ServiceSpecArgs(
            type="ClusterIP",
            cluster_ip="None" if headless else None,
            publish_not_ready_addresses=headless,
            selector={**names.SELECTOR, **(state or {})},
            ports=ports,
        ),
        opts=opts,
    )


def make_disruption_budget(
    name: str, layout: Layout, opts: pulumi.ResourceOptions
) -> policy.v1.PodDisruptionBudget:
    """As many servers may be taken away on purpose as leave a majority. One that is not ready may
    always be: it votes no worse elsewhere, and must not block a node's drain for ever.
    """
    return policy.v1.PodDisruptionBudget(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=names.STATEFUL_SET, namespace=layout.namespace, labels=names.LABELS
        ),
        spec=policy.v1.PodDisruptionBudgetSpecArgs(
            max_unavailable=(layout.servers - 1) // 2,
            selector=meta.v1.LabelSelectorArgs(match_labels=names.SELECTOR),
            unhealthy_pod_eviction_policy="AlwaysAllow",
        ),
        opts=opts,
    )


def make_exposure(
    name: str,
    layout: Layout,
    settings: ExposureSettings,
    client_cidrs: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> core.v1.Service | networking.v1.Ingress | None:
    """The way in from outside; None where there is none."""
    match settings.kind:
        case Exposure.NONE:
            return None
        case Exposure.LOAD_BALANCER:
            return _load_balancer(name, layout, settings, client_cidrs, opts)
        case Exposure.INGRESS:
            return _ingress(name, layout, settings, opts)


def _load_balancer(
    name: str,
    layout: Layout,
    settings: ExposureSettings,
    client_cidrs: Sequence[str],
    opts: pulumi.ResourceOptions,
) -> core.v1.Service:
    return core.v1.Service(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name="vault-load-balancer",
            namespace=layout.namespace,
            labels=names.LABELS,
            annotations={
                **_DO_NOT_WAIT,
                **_INTERNAL,
                "external-dns.alpha.kubernetes.io/hostname": settings.host_name or "",
                **settings.annotations,
            },
        ),
        spec=core.v1.ServiceSpecArgs(
            type="LoadBalancer",
            # Or another cloud's controller, which knows none of the above, would make a public one.
            load_balancer_class=settings.load_balancer_class,
            load_balancer_source_ranges=list(client_cidrs),
            external_traffic_policy="Local",
            selector=names.SELECTOR,
            ports=[core.v1.ServicePortArgs(name="https", port=API_PORT, target_port="https")],
        ),
        opts=opts,
    )


def _ingress(
    name: str, layout: Layout, settings: ExposureSettings, opts: pulumi.ResourceOptions
) -> networking.v1.Ingress:
    backend = networking.v1.IngressBackendArgs(
        service=networking.v1.IngressServiceBackendArgs(
            name=names.BALANCED, port=networking.v1.ServiceBackendPortArgs(name="https")
        )
    )
    return networking.v1.Ingress(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name="vault",
            namespace=layout.namespace,
            labels=names.LABELS,
            annotations={**_DO_NOT_WAIT, **_PASS_THROUGH, **settings.annotations},
        ),
        spec=networking.v1.IngressSpecArgs(
            ingress_class_name=settings.ingress_class,
            tls=[networking.v1.IngressTLSArgs(hosts=[settings.host_name or ""])],
            rules=[
                networking.v1.IngressRuleArgs(
                    host=settings.host_name,
                    http=networking.v1.HTTPIngressRuleValueArgs(
                        paths=[
                            networking.v1.HTTPIngressPathArgs(
                                path="/", path_type="Prefix", backend=backend
                            )
                        ]
                    ),
                )
            ],
        ),
        opts=opts,
    )
