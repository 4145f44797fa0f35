"""What the agent injector and the CSI provider are told, as types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from components.settings.deployment import IssuerReference, KubernetesSettings


@unique
class FailurePolicy(StrEnum):
    """What becomes of a pod that asks for an agent while no injector answers."""

    FAIL = "fail"
    """It is not made; its controller tries again."""
    IGNORE = "ignore"
    """It starts without its secrets."""


@dataclass(frozen=True, slots=True)
class AuthoritySettings:
    """How pods know who signed Vault's certificate. At most one is given; none: the public CAs."""

    issuer: IssuerReference | None
    """cert-manager's, for the whole cluster: it hands out its CA wherever it signs something."""
    certificates: str | None
    """PEM."""


@dataclass(frozen=True, slots=True)
class ServingSettings:
    """Where the certificate comes from with which the injector answers the API server: from
    cert-manager, which then also tells the API server its CA, or from a Secret kept elsewhere.
    """

    issuer: IssuerReference | None
    secret: str | None
    ca_bundle: str | None
    """PEM, of the Secret's CA."""


@dataclass(frozen=True, slots=True)
class InjectorSettings:
    """How the injector runs, and what the API server does while none answers."""

    image: str
    replicas: int
    serving: ServingSettings
    failure_policy: FailurePolicy
    priority_class: str


@dataclass(frozen=True, slots=True)
class CsiSettings:
    """How the CSI provider's pods run, of which each node has one."""

    image: str
    priority_class: str


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """How secrets come to applications' pods. At least one of the ways is there."""

    kubernetes: KubernetesSettings
    vault_address: str
    """As a pod reaches it, which is not always as this program does."""
    authority: AuthoritySettings
    agent_image: str
    """Vault's own."""
    api_server_cidrs: tuple[str, ...]
    dns_cidrs: tuple[str, ...]
    """Besides the DNS servers in kube-system."""
    servers: bool
    """Whether this program deploys the Vault, beside what delivers."""
    injector: InjectorSettings | None
    csi: CsiSettings | None
