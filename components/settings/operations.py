"""What the scheduled jobs are told, as types."""

from __future__ import annotations

from dataclasses import dataclass

from components.settings.deployment import KubernetesSettings


@dataclass(frozen=True, slots=True)
class OperationsSettings:
    """The jobs that work on Vault by schedule: in which cluster, from which image, and how their
    pods find Vault. What they do, and as whom, the plan says.
    """

    kubernetes: KubernetesSettings
    image: str
    """With its version or digest."""
    vault_address: str
    """As a pod reaches it, which is not always as this program does."""
    ca_certificates: str | None
    """PEM, those that signed Vault's own; None: the public CAs."""
