"""Plays prometheus-operator's part: from the ServiceMonitor and the PrometheusRule that the program
stored, to a real Prometheus that scrapes the servers and judges the rules.

So addresses apart nothing is said here that the program did not say: path, TLS name, whose
authority, which certificate. Only the interval is shorter, for who does not want to wait for hours.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from components.cluster.layout import METRICS
from components.operations.telemetry.component import NAME
from policies.identities import PLATFORM_NAMESPACE
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import RehearsalError
from rehearsal.pods import Pods
from rehearsal.servers import prometheus
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.servers.prometheus import Prometheus
from rehearsal.stand_up import StoodUp
from rehearsal.supervisor import Supervisor, write_private

SCRAPED_EVERY: Final = timedelta(seconds=2)
_API: Final = "monitoring.coreos.com/v1"
Json = Mapping[str, Any]


def watch(supervisor: Supervisor, binaries: Mapping[Tool, Binary], stood: StoodUp) -> Prometheus:
    """Returns when every server was scraped once. Raises `RehearsalError`."""
    pods, kubernetes = stood.scene.vaults, stood.scene.kubernetes
    if not isinstance(pods, Pods):
        raise RehearsalError(
            f"{stood.plan.environment.value} has no deployed servers: only they show their metrics"
        )
    folder = supervisor.subfolder("prometheus-files")
    rules = write_private(folder / "rules.yml", json.dumps(_stored(kubernetes, "PrometheusRule")))
    job = _job(_stored(kubernetes, "ServiceMonitor"), kubernetes, pods, folder)
    return prometheus.start(supervisor, binaries[Tool.PROMETHEUS].path, [job], [rules])


def _stored(kubernetes: KubernetesApi, kind: str) -> Json:
    spec: Json = kubernetes.get(_API, kind, NAME, PLATFORM_NAMESPACE)["spec"]
    return spec


def _job(monitor: Json, kubernetes: KubernetesApi, pods: Pods, folder: Path) -> prometheus.Job:
    (endpoint,) = monitor["endpoints"]
    tls = endpoint["tlsConfig"]

    def file(key: Json) -> Path:
        secret = kubernetes.get("v1", "Secret", key["name"], PLATFORM_NAMESPACE)["data"]
        name = f"{key['name']}-{key['key']}"
        return write_private(folder / name, base64.b64decode(secret[key["key"]]).decode())

    return prometheus.Job(
        METRICS,
        tuple(
            prometheus.Target(
                address.removeprefix("https://"), {"namespace": PLATFORM_NAMESPACE, "pod": pod}
            )
            for pod, address in pods.metrics_addresses.items()
        ),
        SCRAPED_EVERY,
        endpoint["path"],
        file(tls["ca"]["secret"]),
        {name: value for name, (value,) in endpoint["params"].items()},
        prometheus.ClientCertificate(file(tls["cert"]["secret"]), file(tls["keySecret"])),
        tls["serverName"],
    )
