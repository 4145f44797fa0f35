"""Under which ID Pulumi's provider for Vault keeps each type of resource in the state. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_AUTH_ROLE: Final = "auth/{backend}/role/{roleName}"
_ROLE: Final = "{backend}/roles/{name}"
# What stands in braces is an input of the resource.
_FORMS: Final[Mapping[str, str]] = {
    "vault:appRole/authBackendRole:AuthBackendRole": _AUTH_ROLE,
    "vault:aws/secretBackend:SecretBackend": "{path}",
    "vault:aws/secretBackendRole:SecretBackendRole": _ROLE,
    "vault:azure/backend:Backend": "{path}",
    "vault:azure/backendRole:BackendRole": "{backend}/roles/{role}",
    "vault:database/secretBackendConnection:SecretBackendConnection": "{backend}/config/{name}",
    "vault:database/secretBackendRole:SecretBackendRole": _ROLE,
    "vault:database/secretBackendStaticRole:SecretBackendStaticRole": (
        "{backend}/static-roles/{name}"
    ),
    "vault:gcp/secretBackend:SecretBackend": "{path}",
    "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount": (
        "{backend}/impersonated-account/{impersonatedAccount}"
    ),
    "vault:generic/endpoint:Endpoint": "{path}",
    "vault:index/audit:Audit": "{path}",
    "vault:index/auditRequestHeader:AuditRequestHeader": "{name}",
    "vault:index/authBackend:AuthBackend": "{path}",
    "vault:index/mount:Mount": "{path}",
    "vault:index/policy:Policy": "{name}",
    "vault:index/quotaRateLimit:QuotaRateLimit": "{name}",
    "vault:index/raftAutopilot:RaftAutopilot": "sys/storage/raft/autopilot/configuration",
    "vault:jwt/authBackend:AuthBackend": "{path}",
    "vault:jwt/authBackendRole:AuthBackendRole": _AUTH_ROLE,
    "vault:kubernetes/authBackendConfig:AuthBackendConfig": "auth/{backend}/config",
    "vault:kubernetes/authBackendRole:AuthBackendRole": _AUTH_ROLE,
    "vault:kv/secretBackendV2:SecretBackendV2": "{mount}/config",
    "vault:kv/secretV2:SecretV2": "{mount}/data/{name}",
    "vault:pkiSecret/backendConfigAutoTidy:BackendConfigAutoTidy": "{backend}/config/auto-tidy",
    "vault:pkiSecret/secretBackendConfigUrls:SecretBackendConfigUrls": "{backend}/config/urls",
    "vault:pkiSecret/secretBackendCrlConfig:SecretBackendCrlConfig": "{backend}/config/crl",
    "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest": (
        "{backend}/issuers/generate/intermediate/{type}"
    ),
    "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned": (
        "{backend}/intermediate/set-signed"
    ),
    "vault:pkiSecret/secretBackendRole:SecretBackendRole": _ROLE,
    "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert": "{backend}/issuer/{issuerId}",
    "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate": (
        "{backend}/{commonName}"
    ),
}


def known(type_: str) -> bool:
    return type_ in _FORMS


def id_of(type_: str, properties: Mapping[str, Any]) -> str:
    """Raises `KeyError` for a type that is not known."""
    return _FORMS[type_].format_map(properties)
