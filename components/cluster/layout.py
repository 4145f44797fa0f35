"""The names of a deployed Vault: pods, services, and what the servers' certificate must hold. Pure.

One deployment to a namespace, so that the names are fixed and everything can name everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.namespace import MANAGED
from components.settings import DeploymentSettings
from components.settings.deployment import API_PORT

CLUSTER_PORT: Final = 8201
METRICS_PORT: Final = 8203
UNUSED_CLUSTER_PORT: Final = 8204
LOOPBACK: Final = "127.0.0.1"

# Services.
BALANCED: Final = "vault"
ACTIVE: Final = "vault-active"
STANDBY: Final = "vault-standby"
PEERS: Final = "vault-internal"
METRICS: Final = "vault-metrics"

STATEFUL_SET: Final = "vault"
SERVICE_ACCOUNT: Final = "vault"
CONFIG_MAP: Final = "vault-server"
OWN_CERTIFICATE_SECRET: Final = "vault-server-tls"
METRICS_CA_SECRET: Final = "vault-metrics-ca"
METRICS_CLIENT_SECRET: Final = "vault-metrics-client"

SELECTOR: Final = {"app.kubernetes.io/name": "vault", "app.kubernetes.io/component": "server"}
LABELS: Final = {**MANAGED, **SELECTOR}

# Where things are in a pod.
DATA: Final = "/vault/data"
AUDIT: Final = "/vault/audit"
CONFIG: Final = "/vault/config"
TLS: Final = "/vault/tls"
METRICS_TRUST: Final = "/vault/metrics"
HOME: Final = "/home/vault"


@dataclass(frozen=True, slots=True)
class Layout:
    """Of `servers` pods in a namespace."""

    namespace: str
    domain: str
    servers: int
    host_name: str | None
    certificate_secret: str

    @classmethod
    def of(cls, deployment: DeploymentSettings, servers: int) -> Layout:
        return cls(
            deployment.kubernetes.namespace,
            deployment.kubernetes.domain,
            servers,
            deployment.exposure.host_name,
            deployment.certificate.secret or OWN_CERTIFICATE_SECRET,
        )

    @property
    def pods(self) -> tuple[str, ...]:
        return tuple(f"{STATEFUL_SET}-{index}" for index in range(self.servers))

    @staticmethod
    def peer_host(pod: str) -> str:
        """The name by which a server's peers find it, ready or not."""
        return f"{pod}.{PEERS}"

    def service_host(self, service: str) -> str:
        """The full name of a service."""
        return f"{service}.{self.namespace}.svc.{self.domain}"

    @property
    def active_address(self) -> str:
        """The API of whichever server leads."""
        return f"https://{self.service_host(ACTIVE)}:{API_PORT}"

    @property
    def certificate_names(self) -> tuple[str, ...]:
        """Every DNS name by which peers and clients may call a server."""
        hosts = (*map(self.peer_host, self.pods), BALANCED, ACTIVE, STANDBY)
        return (
            "localhost",
            *(name for host in hosts for name in self._forms(host)),
            *((self.host_name,) if self.host_name else ()),
        )

    def _forms(self, host: str) -> tuple[str, ...]:
        """What the cluster's DNS completes, from short to full."""
        inside = f"{host}.{self.namespace}"
        return host, inside, f"{inside}.svc", f"{inside}.svc.{self.domain}"
