"""What may be declared in Vault at all: the types that some rule here reads, or that need none.

Anything else would pass unread, be it a token that stands in the state, a way to log in that no
rule knows, or an endpoint that is written by its path.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pulumi_policy import Severity

from policies import paths
from policies.acl import Pattern
from policies.guardrails.rule import ADVISORY, Resource, ResourceRule, Setting

_ENDPOINT: Final = "vault:generic/endpoint:Endpoint"
# Endpoints that can be written by their path: Vault keeps what it makes there to itself.
_WRITTEN: Final = tuple(
    map(Pattern.of, (f"{paths.DATABASE}/rotate-root/+", f"{paths.AWS}/config/rotate-root"))
)
_KNOWN: Final = frozenset(
    {
        _ENDPOINT,
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
        "vault:index/passwordPolicy:PasswordPolicy",
        "vault:index/policy:Policy",
        "vault:index/quotaRateLimit:QuotaRateLimit",
        "vault:index/raftAutopilot:RaftAutopilot",
        "vault:jwt/authBackend:AuthBackend",
        "vault:jwt/authBackendRole:AuthBackendRole",
        "vault:kubernetes/authBackendConfig:AuthBackendConfig",
        "vault:kubernetes/authBackendRole:AuthBackendRole",
        "vault:kv/secretBackendV2:SecretBackendV2",
        "vault:kv/secretV2:SecretV2",
        "vault:pkiSecret/backendConfigAutoTidy:BackendConfigAutoTidy",
        "vault:pkiSecret/secretBackendConfigUrls:SecretBackendConfigUrls",
        "vault:pkiSecret/secretBackendCrlConfig:SecretBackendCrlConfig",
        "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest",
        "vault:pkiSecret/secretBackendIntermediateSetSigned:SecretBackendIntermediateSetSigned",
        "vault:pkiSecret/secretBackendRole:SecretBackendRole",
        "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert",
        "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate",
    }
)
_MOUNTS: Final = {
    paths.KV: "kv",
    paths.DATABASE: "database",
    paths.PKI: "pki",
    paths.PKI_ROOT: "pki",
}


def _known(resource: Resource, _: Setting) -> Iterator[str]:
    if resource.type not in _KNOWN:
        yield f"no guardrail reads a {resource.type}"
    if resource.type == _ENDPOINT:
        path = resource.text("path").lstrip("/")
        if not any(pattern.matches(path) for pattern in _WRITTEN):
            yield f"writes {path!r} past the resource types that guardrails read"
    if resource.type == "vault:index/mount:Mount":
        path, kind = resource.text("path"), resource.text("type")
        if _MOUNTS.get(path) != kind:
            yield f"mounts {kind!r} at {path!r}, where no ACL policy of the matrix expects it"


def _rendered(resource: Resource, _: Setting) -> Iterator[str]:
    if resource.type.startswith("kubernetes:helm.sh/") or resource.type.endswith("Patch"):
        yield f"is a {resource.type}, whose objects no guardrail reads"


KNOWN: Final = ResourceRule(
    name="vault-known",
    says="Only what guardrails read is declared in Vault.",
    meaning="A token, a way to log in or an engine that no guardrail reads would pass unseen.",
    repair="Use what policies/guardrails/known.py names, or write rules for it and add it there",
    severity=Severity.HIGH,
    types=frozenset({"vault:*"}),
    check=_known,
)

RENDERED: Final = ResourceRule(
    name="kubernetes-known",
    says="Kubernetes objects are declared where guardrails read them.",
    meaning="What a chart or a patch makes is rendered later, and no guardrail has seen it.",
    repair="Declare the objects themselves, or have the chart rendered by the program",
    severity=Severity.MEDIUM,
    levels=ADVISORY,
    types=frozenset({"kubernetes:*"}),
    check=_rendered,
)

RULES: Final = (KNOWN, RENDERED)
