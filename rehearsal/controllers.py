"""Plays the part of the controllers that do not run beside the rehearsal's API server, as far as a
Vault needs them: cert-manager, those that make pods of a StatefulSet, and those that put a service
account into each new namespace.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rehearsal.certificates import Authority, KeyPair
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
    own: dict[tuple[str, str], Authority] = field(default_factory=dict)
    """By namespace and name of their Secret: authorities that were asked for as certificates."""
    issuers: dict[tuple[str, str], str] = field(default_factory=dict)
    """By namespace and name: the Secret whose authority it signs with."""

    def see(self, stored: Json) -> None:
        match stored["kind"]:
            case "Certificate":
                self._issue(stored)
            case "Issuer" if "ca" in stored["spec"]:
                metadata = stored["metadata"]
                named = metadata["namespace"], metadata["name"]
                self.issuers[named] = stored["spec"]["ca"]["secretName"]
            case "StatefulSet" if self.pods:
                self.pods.run(stored)
            case "Namespace":
                self.kubernetes.service_account(stored["metadata"]["name"], ANOTHER_ACCOUNT)

    def _issue(self, certificate: Json) -> None:
        """What cert-manager does: exactly the names that were asked for."""
        spec, namespace = certificate["spec"], certificate["metadata"]["namespace"]
        if spec.get("isCA"):
            authority = self.own[namespace, spec["secretName"]] = Authority.create(
                spec["commonName"]
            )
            # Nothing here reads the key, which the authority keeps to itself.
            pair = KeyPair(authority.certificate_pem, "")
        else:
            authority = self._authority(namespace, spec["issuerRef"])
            hosts = [*spec.get("dnsNames", []), *spec.get("ipAddresses", [])]
            pair = authority.issue(spec.get("commonName") or hosts[0], hosts)
        content = {
            "tls.crt": pair.certificate_pem,
            "tls.key": pair.key_pem,
            "ca.crt": authority.certificate_pem,
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

    def _authority(self, namespace: str, issuer: Json) -> Authority:
        """The issuer's own, if it signs with one that was asked for; else the cluster's."""
        secret = self.issuers.get((namespace, issuer["name"])) if _local(issuer) else None
        return self.own[namespace, secret] if secret else self.authority


def _local(issuer: Json) -> bool:
    return bool(issuer.get("kind", "Issuer") == "Issuer")
