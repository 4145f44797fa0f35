"""Plays the part of the controllers that do not run beside the rehearsal's API server, as far as a
Vault needs them: cert-manager, those that make pods of a StatefulSet, and those that put a service
account into each new namespace.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from rehearsal.certificates import Authority
from rehearsal.pods import Pods
from rehearsal.servers.kubernetes import KubernetesApi

Json = Mapping[str, Any]
ANOTHER_ACCOUNT: Final = "stranger"
"""A service account that nothing is bound to; there is one in every namespace."""


@dataclass(frozen=True)
class Controllers:
    """Acts on what was just stored, and returns when its consequences are there."""

    kubernetes: KubernetesApi
    authority: Authority
    pods: Pods | None

    def see(self, stored: Json) -> None:
        match stored["kind"]:
            case "Certificate":
                self._issue(stored)
            case "StatefulSet" if self.pods:
                self.pods.run(stored)
            case "Namespace":
                self.kubernetes.service_account(stored["metadata"]["name"], ANOTHER_ACCOUNT)

    def _issue(self, certificate: Json) -> None:
        """What cert-manager does: exactly the names that were asked for."""
        spec, namespace = certificate["spec"], certificate["metadata"]["namespace"]
        hosts = [*spec["dnsNames"], *spec.get("ipAddresses", [])]
        pair = self.authority.issue(spec.get("commonName", hosts[0]), hosts)
        content = {
            "tls.crt": pair.certificate_pem,
            "tls.key": pair.key_pem,
            "ca.crt": self.authority.certificate_pem,
        }
        self.kubernetes.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": spec["secretName"], "namespace": namespace},
                "type": "kubernetes.io/tls",
                "data": {
                    name: base64.b64encode(text.encode()).decode() for name, text in content.items()
                },
            }
        )
