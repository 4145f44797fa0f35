"""The configuration of a server in a pod, from the settings. Pure.

The same for all servers of a cluster: what is each one's own (its name, its address) comes from the
pod's environment, see `stateful_set`.
"""

from __future__ import annotations

from components.cluster.layout import (
    AUDIT,
    CLUSTER_PORT,
    CONFIG,
    DATA,
    LOOPBACK,
    METRICS_PORT,
    METRICS_TRUST,
    TLS,
    UNUSED_CLUSTER_PORT,
    Layout,
)
from components.cluster.server_config import (
    AwsKmsSeal,
    FileStorage,
    Leases,
    Listener,
    MetricsListener,
    Peer,
    RaftStorage,
    ServerConfig,
    Telemetry,
    TlsFiles,
)
from components.settings import ClusterSettings, DeploymentSettings, LimitSettings
from components.settings.deployment import API_PORT
from components.settings.telemetry import TelemetrySettings
from policies.lifetime import Duration

CONFIG_FILE = f"{CONFIG}/server.hcl"
CERTIFICATE = TlsFiles(f"{TLS}/tls.crt", f"{TLS}/tls.key")
CA_FILE = f"{TLS}/ca.crt"
METRICS_CA_FILE = f"{METRICS_TRUST}/ca.crt"
AUDIT_FILE = f"{AUDIT}/audit.log"
# For whoever looks by hand, where nobody fetches them.
_METRICS_KEPT = Duration.parse("5m")


def server_config(
    deployment: DeploymentSettings,
    limits: LimitSettings,
    layout: Layout,
    *,
    cluster: ClusterSettings,
    kms_key: str | None,
    telemetry: TelemetrySettings | None = None,
) -> ServerConfig:
    """`kms_key`: ID, ARN or alias of the seal's key; None: key shares. `telemetry`: None where
    nobody fetches metrics.
    """
    return ServerConfig(
        listener=Listener(f"0.0.0.0:{API_PORT}", CERTIFICATE, f"0.0.0.0:{CLUSTER_PORT}"),
        storage=_raft(cluster, layout) if cluster.raft else FileStorage(DATA),
        # A redirected client goes to the service that follows the leader, not to a pod that may be
        # gone by then.
        api_addr=layout.active_address,
        seal=_seal(deployment, kms_key),
        telemetry=_telemetry(telemetry),
        metrics=_metrics() if telemetry else None,
        leases=Leases(limits.default_lease, limits.max_lease),
        kubernetes_registration=cluster.raft,
    )


def _raft(cluster: ClusterSettings, layout: Layout) -> RaftStorage:
    return RaftStorage(DATA, _peers(layout), reconcile_interval=cluster.reconcile_interval)


def _peers(layout: Layout) -> tuple[Peer, ...]:
    """All servers. A server that finds itself among them is refused by itself, and goes on."""
    return tuple(
        Peer(f"https://{host}:{API_PORT}", CA_FILE, host)
        for host in map(layout.peer_host, layout.pods)
    )


def _telemetry(settings: TelemetrySettings | None) -> Telemetry:
    if settings is None:
        return Telemetry(_METRICS_KEPT)
    return Telemetry(settings.retention, settings.usage_interval)


def _metrics() -> MetricsListener:
    return MetricsListener(
        f"0.0.0.0:{METRICS_PORT}",
        f"{LOOPBACK}:{UNUSED_CLUSTER_PORT}",
        CERTIFICATE,
        METRICS_CA_FILE,
    )


def _seal(deployment: DeploymentSettings, kms_key: str | None) -> AwsKmsSeal | None:
    if kms_key is None or deployment.aws is None:
        return None
    return AwsKmsSeal(kms_key, deployment.aws.region, deployment.aws.kms_endpoint)
