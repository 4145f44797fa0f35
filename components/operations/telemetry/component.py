"""What is declared so that a deployed Vault is watched: which metrics Prometheus fetches, when
somebody is told, and what Grafana shows. Who may read the metrics is `components.cluster.metrics`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
from pulumi_kubernetes import apiextensions, meta

from components.cluster import layout as names
from components.cluster import metrics as access
from components.cluster.layout import Layout
from components.kubernetes_cluster import make_provider
from components.operations.rotation.layout import object_name
from components.operations.rotation.runnable import runnable
from components.operations.snapshots.layout import NAME as SNAPSHOTS
from components.operations.telemetry.alerts.alert import Job, Watched
from components.operations.telemetry.alerts.rules import rules
from components.operations.telemetry.dashboard.config_map import make_config_map
from components.settings import DeploymentSettings, Seal, Settings
from components.settings.telemetry import TelemetrySettings
from policies.lifetime import Duration
from policies.plan import Plan
from policies.snapshots import reader

_API: Final = "monitoring.coreos.com/v1"
NAME: Final = "vault"


@dataclass(frozen=True)
class TelemetryArgs:
    """What is deployed, who fetches its metrics, and what the alerts must know of it: servers,
    jobs, lifetimes (`watched`).
    """

    deployment: DeploymentSettings
    telemetry: TelemetrySettings
    watched: Watched


class Telemetry(pulumi.ComponentResource):
    """Prometheus and Grafana themselves are others': this is what their operator and sidecar look
    for.
    """

    def __init__(
        self, name: str, args: TelemetryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:operations:Telemetry", name, None, opts)
        layout = Layout.of(args.deployment, args.watched.servers)
        provider = make_provider(
            f"{name}-kubernetes", args.deployment.kubernetes, pulumi.ResourceOptions(parent=self)
        )
        child = pulumi.ResourceOptions(parent=self, provider=provider)
        spec = {"ServiceMonitor": service_monitor(layout, args.telemetry)}
        spec["PrometheusRule"] = rules(args.watched)
        labels = {**names.LABELS, **args.telemetry.selected_by}
        for kind, content in spec.items():
            apiextensions.CustomResource(
                f"{name}-{kind.lower()}",
                api_version=_API,
                kind=kind,
                metadata=meta.v1.ObjectMetaArgs(
                    name=NAME, namespace=layout.namespace, labels=labels
                ),
                spec=content,
                opts=child,
            )
        if args.telemetry.dashboard_labels:
            make_config_map(
                f"{name}-dashboard", layout.namespace, args.telemetry.dashboard_labels, child
            )
        self.register_outputs({"alerts": sum(len(one["rules"]) for one in _groups(spec))})


def _groups(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = spec["PrometheusRule"]["groups"]
    return groups


def service_monitor(layout: Layout, settings: TelemetrySettings) -> dict[str, Any]:
    """Every server by itself, whoever leads. All that Prometheus shows and checks is in Secrets of
    this namespace, which its operator reads.
    """

    def key(secret: str, name: str) -> dict[str, Any]:
        return {"name": secret, "key": name}

    return {
        "selector": {"matchLabels": access.LABELS},
        "namespaceSelector": {"matchNames": [layout.namespace]},
        "endpoints": [
            {
                "port": access.PORT_NAME,
                "scheme": "https",
                "path": "/v1/sys/metrics",
                "params": {"format": ["prometheus"]},
                "interval": str(settings.interval),
                "tlsConfig": {
                    "serverName": layout.service_host(names.BALANCED),
                    "ca": {"secret": key(layout.certificate_secret, "ca.crt")},
                    "cert": {"secret": key(names.METRICS_CLIENT_SECRET, "tls.crt")},
                    "keySecret": key(names.METRICS_CLIENT_SECRET, "tls.key"),
                },
            }
        ],
    }


def watch(
    name: str, settings: Settings, plan: Plan, opts: pulumi.ResourceOptions | None = None
) -> Telemetry | None:
    """None where nobody fetches metrics."""
    if settings.deployment is None or settings.telemetry is None:
        return None
    args = TelemetryArgs(
        settings.deployment,
        settings.telemetry,
        watched(settings, settings.deployment, settings.telemetry, plan),
    )
    return Telemetry(name, args, opts)


def watched(
    settings: Settings, deployment: DeploymentSettings, telemetry: TelemetrySettings, plan: Plan
) -> Watched:
    """What there is to watch."""
    namespace = deployment.kubernetes.namespace
    jobs = settings.operations is not None
    # Who deploys the servers and not their KMS key keeps the snapshots elsewhere, by other means.
    taken = settings.snapshots
    return Watched(
        environment=settings.environment.value,
        namespace=namespace,
        job=names.METRICS,
        servers=settings.cluster.servers,
        runbooks=telemetry.runbooks,
        raft=settings.cluster.raft,
        kms=settings.bootstrap.seal is not Seal.SHAMIR,
        issued=deployment.certificate.issuer is not None,
        audit_devices=len(settings.audit.devices),
        snapshots=(
            Job(namespace, SNAPSHOTS, taken.schedule.interval) if taken and reader(plan) else None
        ),
        rotations=tuple(
            Job(one.namespace, object_name(one), Duration(one.interval_seconds))
            for one in runnable(settings, plan)
            if jobs
        ),
    )
