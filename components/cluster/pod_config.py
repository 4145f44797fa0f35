"""The configuration of a server in a pod, from the settings. Pure.

The same for all servers of a cluster: what is each one's own (its name, its address) comes from the
pod's environment, see `stateful_set`.
"""

from __future__ import annotations

from components.cluster.layout import AUDIT, CLUSTER_PORT, CONFIG, DATA, TLS, Layout
from components.cluster.server_config import (
    AwsKmsSeal,
    FileStorage,
    Leases,
    Listener,
    Peer,
    RaftStorage,
    ServerConfig,
    Telemetry,
    TlsFiles,
)
from components.settings import ClusterSettings, DeploymentSettings, LimitSettings
from components.settings.deployment import API_PORT
from policies.lifetime import Duration

CONFIG_FILE = f"{CONFIG}/server.hcl"
CERTIFICATE = TlsFiles(f"{TLS}/tls.crt", f"{TLS}/tls.key")
CA_FILE = f"{TLS}/ca.crt"
AUDIT_FILE = f"{AUDIT}/audit.log"
# Long enough that a scraper which was away for a while finds every counter.
_METRICS_KEPT = Duration.parse("5m")


def server_config(
    deployment: DeploymentSettings,
    limits: LimitSettings,
    layout: Layout,
    *,
    cluster: ClusterSettings,
    kms_key: str | None,
) -> ServerConfig:
    """`kms_key`: ID, ARN or alias of the seal's key; None: key shares."""
    return ServerConfig(
        listener=Listener(f"0.0.0.0:{API_PORT}", CERTIFICATE, f"0.0.0.0:{CLUSTER_PORT}"),
        storage=_raft(cluster, layout) if cluster.raft else FileStorage(DATA),
        # A redirected client goes to the service that follows the leader, not to a pod that may be
        # gone by then.
        api_addr=layout.active_address,
        seal=_seal(deployment, kms_key),
        telemetry=Telemetry(_METRICS_KEPT),
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


def _seal(deployment: DeploymentSettings, kms_key: str | None) -> AwsKmsSeal | None:
    if kms_key is None or deployment.aws is None:
        return None
    return AwsKmsSeal(kms_key, deployment.aws.region, deployment.aws.kms_endpoint)
