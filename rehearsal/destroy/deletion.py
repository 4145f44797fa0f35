"""How each type of resource is taken away again: what its provider asks of its server when it
deletes it. A type that is not named here stops the rehearsal.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import dill

from rehearsal.errors import RehearsalError
from rehearsal.ledger import Entry
from rehearsal.monitor import log_in
from rehearsal.resources import dynamic, kubernetes
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.vault_api import VaultApi

_PROVIDERS: Final = "pulumi:providers:"
_VAULT_PROVIDER: Final = f"{_PROVIDERS}vault"
_NOWHERE: Final = frozenset({"random:index/randomPassword:RandomPassword"})
"""What is nowhere but in the state."""

# Pulumi's provider for Vault forgets these: they go with their mount.
_WITH_THEIR_MOUNT: Final = frozenset(
    {
        "vault:kubernetes/authBackendConfig:AuthBackendConfig",
        "vault:kv/secretBackendV2:SecretBackendV2",
        "vault:pkiSecret/backendConfigAutoTidy:BackendConfigAutoTidy",
        "vault:pkiSecret/secretBackendConfigUrls:SecretBackendConfigUrls",
        "vault:pkiSecret/secretBackendCrlConfig:SecretBackendCrlConfig",
        "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest",
        "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned",
        "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate",
    }
)
# Deleted at the path at which they were written.
_BY_PATH: Final = frozenset(
    {
        "vault:appRole/authBackendRole:AuthBackendRole",
        "vault:aws/secretBackend:SecretBackend",
        "vault:aws/secretBackendRole:SecretBackendRole",
        "vault:azure/backend:Backend",
        "vault:azure/backendRole:BackendRole",
        "vault:database/secretBackendConnection:SecretBackendConnection",
        "vault:database/secretBackendRole:SecretBackendRole",
        "vault:database/secretBackendStaticRole:SecretBackendStaticRole",
        "vault:gcp/secretBackend:SecretBackend",
        "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount",
        "vault:index/audit:Audit",
        "vault:index/auditRequestHeader:AuditRequestHeader",
        "vault:index/authBackend:AuthBackend",
        "vault:index/mount:Mount",
        "vault:index/policy:Policy",
        "vault:index/quotaRateLimit:QuotaRateLimit",
        "vault:jwt/authBackend:AuthBackend",
        "vault:jwt/authBackendRole:AuthBackendRole",
        "vault:kubernetes/authBackendRole:AuthBackendRole",
        "vault:pkiSecret/secretBackendRole:SecretBackendRole",
    }
)


def _kv_entry(entry: Entry) -> str | None:
    """Only the newest version, unless all shall go."""
    path = f"{entry.state['mount']}/data/{entry.state['name']}"
    return path.replace("/data/", "/metadata/", 1) if entry.state.get("deleteAllVersions") else path


def _endpoint(entry: Entry) -> str | None:
    return None if entry.state.get("disableDelete") else str(entry.state["path"])


# Type -> the path that is deleted; None: nothing is.
_ELSEWHERE: Final[Mapping[str, Callable[[Entry], str | None]]] = {
    "vault:generic/endpoint:Endpoint": _endpoint,
    "vault:kv/secretV2:SecretV2": _kv_entry,
    "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert": (
        lambda entry: f"{entry.state['backend']}/root"
    ),
}


@dataclass(slots=True)
class Deletion:
    """Deletes on the servers of one rehearsal. Providers of Vault log in anew, with what is in the
    state, as they would in a process that destroys.
    """

    kubernetes: KubernetesApi
    ca_file: str
    providers: Mapping[str, Entry]
    """By URN."""
    _sessions: dict[str, VaultApi] = field(default_factory=dict, repr=False)

    def __call__(self, entry: Entry) -> None:
        """Raises `RehearsalError`, or what the provider of a dynamic resource raises."""
        if entry.type.startswith(_PROVIDERS) or entry.type in _NOWHERE:
            return
        if entry.type.startswith("vault:"):
            self._in_vault(entry)
        elif entry.type.startswith(dynamic.PREFIX):
            _dynamic(entry)
        elif entry.type.startswith(kubernetes.PREFIX):
            metadata = entry.state["metadata"]
            self.kubernetes.delete(
                entry.state["apiVersion"],
                entry.state["kind"],
                metadata["name"],
                metadata.get("namespace"),
            )
        else:
            raise RehearsalError(f"cannot delete a {entry.type}: teach rehearsal/destroy")

    def _in_vault(self, entry: Entry) -> None:
        if entry.type in _WITH_THEIR_MOUNT:
            return
        path: str | None
        if entry.type in _BY_PATH:
            path = entry.id
        elif entry.type in _ELSEWHERE:
            path = _ELSEWHERE[entry.type](entry)
        else:
            raise RehearsalError(f"cannot delete a {entry.type}: teach rehearsal/destroy")
        if path is None:
            return
        answer = self._session(entry.provider).call("DELETE", path)
        if not answer.allowed:
            raise RehearsalError(f"deleting {path}: Vault said {answer.status}: {answer.errors}")

    def _session(self, provider: str) -> VaultApi:
        if provider not in self._sessions:
            inputs = self.providers[provider].state
            self._sessions[provider] = log_in(VaultApi(inputs["address"], self.ca_file), inputs)
        return self._sessions[provider]


def _dynamic(entry: Entry) -> None:
    provider: Any = dill.loads(base64.b64decode(entry.state["__provider"]))  # noqa: S301 - our own
    provider.delete(entry.id, dict(entry.state))
