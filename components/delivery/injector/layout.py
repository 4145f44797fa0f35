"""The names of a deployed injector. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.namespace import MANAGED
from components.settings import KubernetesSettings

NAME: Final = "vault-agent-injector"
"""Of everything in its namespace."""
SERVING_SECRET: Final = "vault-agent-injector-tls"
PORT: Final = 8080
SELECTOR: Final = {
    "app.kubernetes.io/name": NAME,
    "app.kubernetes.io/component": "webhook",
}
LABELS: Final = {**MANAGED, **SELECTOR}


@dataclass(frozen=True, slots=True)
class Layout:
    """One injector to a Vault; what belongs to no namespace is named as the injector's own."""

    namespace: str
    domain: str

    @classmethod
    def of(cls, kubernetes: KubernetesSettings) -> Layout:
        return cls(f"{kubernetes.namespace}-injector", kubernetes.domain)

    @property
    def host_names(self) -> tuple[str, ...]:
        """By which the API server calls it."""
        inside = f"{NAME}.{self.namespace}.svc"
        return inside, f"{inside}.{self.domain}"
