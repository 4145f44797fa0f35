"""Renders a Vault server's configuration file (HCL) from typed values. Pure.

The rehearsal's servers get their configuration from here, as the pods do, so that what is rehearsed
is what is deployed; only addresses and folders differ. What is each server's own in a
cluster (its Raft node's name, its addresses) comes from Vault's environment variables, see
`server_environment`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from policies.lifetime import Duration

Value = str | bool | int
VAULTS_RECONCILE_INTERVAL: Final = Duration(10)


@unique
class LogFormat(StrEnum):
    STANDARD = "standard"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Paths on the server; Vault reads them again on SIGHUP."""

    certificate: str
    key: str


@dataclass(frozen=True, slots=True)
class Listener:
    """Where the API listens, as `host:port`. Without `tls` it speaks plain HTTP: dev only."""

    address: str
    tls: TlsFiles | None
    cluster_address: str | None = None
    """Where other servers reach this one; None: the API's port plus one."""


@dataclass(frozen=True, slots=True)
class MetricsListener:
    """Another listener, for whom `client_ca` signed a certificate: it shows the metrics without a
    token, also of a server that stands by or is sealed, which Vault shows to no token. Vault serves
    its whole API there as well; that still wants a token.
    """

    address: str
    cluster_address: str
    """Vault opens a port for other servers beside each listener; nobody needs this one."""
    tls: TlsFiles
    client_ca: str
    """A file on the server, which Vault reads when it starts and never again."""


@dataclass(frozen=True, slots=True)
class FileStorage:
    """One server's folder. No other server can join."""

    path: str


@dataclass(frozen=True, slots=True)
class Peer:
    """Another server to join, and how its certificate is checked."""

    api_address: str
    ca_cert_file: str
    server_name: str
    """The name that the peer's certificate must hold."""


@dataclass(frozen=True, slots=True)
class RaftStorage:
    """A folder that is one of several, kept equal by Raft.

    `performance_multiplier` scales Raft's timers: with 1, the least that Vault knows, a lost leader
    is noticed after 1 to 2 s, with its default of 5 after 5 to 10 s. Only a network that loses
    heartbeats for a second asks for more than 1.
    """

    path: str
    peers: tuple[Peer, ...]
    performance_multiplier: int = 1
    reconcile_interval: Duration = VAULTS_RECONCILE_INTERVAL
    """How often autopilot makes healthy servers voters. It looks five times as often."""

    def __post_init__(self) -> None:
        if not 1 <= self.performance_multiplier <= 10:
            raise ValueError(
                f"performance_multiplier {self.performance_multiplier}: must be from 1 to 10; "
                "write 1 unless the network is slow"
            )


@dataclass(frozen=True, slots=True)
class AwsKmsSeal:
    """Unseals with a KMS key. Credentials come from the server's workload identity."""

    key_id: str
    region: str
    endpoint: str | None = None
    """URL of KMS where it is not AWS's public one."""


@dataclass(frozen=True, slots=True)
class Telemetry:
    """What `sys/metrics` keeps, for Prometheus to fetch."""

    retention: Duration
    """A metric that did not change for so long is forgotten."""
    usage_interval: Duration | None = None
    """Between two times that tokens and entries are counted; None: Vault's ten minutes."""


@dataclass(frozen=True, slots=True)
class Leases:
    """Lifetimes of leases and tokens whose mount and role say nothing."""

    default: Duration
    maximum: Duration


@dataclass(frozen=True, slots=True)
class ServerConfig:
    listener: Listener
    storage: FileStorage | RaftStorage
    api_addr: str | None = None
    """The URL that clients are sent to; None where each server's environment says it."""
    seal: AwsKmsSeal | None = None
    """None: Shamir's key shares."""
    telemetry: Telemetry | None = None
    metrics: MetricsListener | None = None
    leases: Leases | None = None
    """None: Vault's 32 days for both."""
    kubernetes_registration: bool = False
    """Label the own pod with its state, for the Services to select by. Needs Raft storage."""
    ui: bool = True
    log_format: LogFormat = LogFormat.JSON


def server_environment(
    *, node_id: str, cluster_address: str, api_address: str | None = None
) -> dict[str, str]:
    """What distinguishes one server of a Raft cluster: variables that Vault reads. Without
    `api_address` the configuration's holds for all.
    """
    own = {"VAULT_RAFT_NODE_ID": node_id, "VAULT_CLUSTER_ADDR": cluster_address}
    return own | {"VAULT_API_ADDR": api_address} if api_address else own


def render(config: ServerConfig) -> str:
    """The configuration file's text."""
    return "\n".join(
        [
            *_attributes(_top_level(config), ""),
            "",
            *_storage(config.storage),
            *_block('listener "tcp"', _listener(config.listener)),
            *_metrics(config.metrics),
            *_seal(config.seal),
            *_telemetry(config.telemetry),
            *(
                _block('service_registration "kubernetes"', {})
                if config.kubernetes_registration
                else ()
            ),
        ]
    )


def _top_level(config: ServerConfig) -> dict[str, Value]:
    values: dict[str, Value] = {
        "ui": config.ui,
        # Locking memory needs a capability that a restricted pod may not have; the node's swap is
        # off instead.
        "disable_mlock": True,
        "log_format": config.log_format.value,
    }
    if config.leases:
        values["default_lease_ttl"] = str(config.leases.default)
        values["max_lease_ttl"] = str(config.leases.maximum)
    if config.api_addr:
        values = {"api_addr": config.api_addr, **values}
    return values


def _listener(listener: Listener) -> dict[str, Value]:
    values: dict[str, Value] = {"address": listener.address}
    if listener.cluster_address:
        values["cluster_address"] = listener.cluster_address
    if listener.tls is None:
        return {**values, "tls_disable": True}
    return {
        **values,
        "tls_cert_file": listener.tls.certificate,
        "tls_key_file": listener.tls.key,
        "tls_min_version": "tls12",
    }


def _metrics(listener: MetricsListener | None) -> Iterator[str]:
    if listener is None:
        return
    served = Listener(listener.address, listener.tls, listener.cluster_address)
    yield 'listener "tcp" {'
    yield from _attributes(
        {
            **_listener(served),
            "tls_client_ca_file": listener.client_ca,
            "tls_require_and_verify_client_cert": True,
        },
        "  ",
    )
    yield "  telemetry {"
    yield from _attributes({"unauthenticated_metrics_access": True}, "    ")
    yield from ("  }", "}", "")


def _storage(storage: FileStorage | RaftStorage) -> Iterator[str]:
    if isinstance(storage, FileStorage):
        yield from _block('storage "file"', {"path": storage.path})
        return
    yield 'storage "raft" {'
    values: dict[str, Value] = {
        "path": storage.path,
        "performance_multiplier": storage.performance_multiplier,
    }
    values["autopilot_reconcile_interval"] = str(storage.reconcile_interval)
    values["autopilot_update_interval"] = f"{storage.reconcile_interval.seconds * 1000 // 5}ms"
    yield from _attributes(values, "  ")
    for peer in storage.peers:
        yield "  retry_join {"
        yield from _attributes(
            {
                "leader_api_addr": peer.api_address,
                "leader_ca_cert_file": peer.ca_cert_file,
                "leader_tls_servername": peer.server_name,
            },
            "    ",
        )
        yield "  }"
    yield from ("}", "")


def _seal(seal: AwsKmsSeal | None) -> Iterator[str]:
    if seal is not None:
        values: dict[str, Value] = {"region": seal.region, "kms_key_id": seal.key_id}
        if seal.endpoint:
            values["endpoint"] = seal.endpoint
        yield from _block('seal "awskms"', values)


def _telemetry(telemetry: Telemetry | None) -> Iterator[str]:
    if telemetry is None:
        return
    values: dict[str, Value] = {
        "prometheus_retention_time": str(telemetry.retention),
        # Otherwise every metric's name begins with the pod's.
        "disable_hostname": True,
    }
    if telemetry.usage_interval:
        values["usage_gauge_period"] = str(telemetry.usage_interval)
    yield from _block("telemetry", values)


def _block(header: str, values: Mapping[str, Value]) -> Iterator[str]:
    yield f"{header} {{"
    yield from _attributes(values, "  ")
    yield from ("}", "")


def _attributes(values: Mapping[str, Value], indent: str) -> Iterator[str]:
    for key, value in values.items():
        # JSON's literals are HCL's, but for "${", which HCL would read as an interpolation.
        yield f"{indent}{key} = {json.dumps(value, ensure_ascii=False).replace('${', '$${')}"
