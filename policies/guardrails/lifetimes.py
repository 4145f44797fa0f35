"""How long what Vault hands out may live: tokens, secret IDs, leases, certificates.

A lifetime that is not set is one that nobody chose: Vault's default of 32 days, or the mount's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pulumi_policy import Severity

from policies.guardrails.database import STATIC_ROLE
from policies.guardrails.rule import (
    ByEnvironment,
    Resource,
    ResourceRule,
    Setting,
    dig,
    duration,
    seconds,
)
from policies.lifetime import Duration
from policies.schedule import Cron

AUTH_ROLES: Final = frozenset(
    {
        "vault:kubernetes/authBackendRole:AuthBackendRole",
        "vault:appRole/authBackendRole:AuthBackendRole",
        "vault:jwt/authBackendRole:AuthBackendRole",
    }
)
_APPROLE: Final = "vault:appRole/authBackendRole:AuthBackendRole"
_DATABASE_ROLE: Final = "vault:database/secretBackendRole:SecretBackendRole"
_AWS_ROLE: Final = "vault:aws/secretBackendRole:SecretBackendRole"
_AWS_MOUNT: Final = "vault:aws/secretBackend:SecretBackend"
_GCP_ROLE: Final = "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount"
_AZURE_ROLE: Final = "vault:azure/backendRole:BackendRole"
_PKI_ROLE: Final = "vault:pkiSecret/secretBackendRole:SecretBackendRole"
_ROOT_CA: Final = "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert"
_INTERMEDIATE_CA: Final = (
    "vault:pkiSecret/secretBackendRootSignIntermediate:SecretBackendRootSignIntermediate"
)

# Type -> the properties that say how long, the longest last.
_LEASES: Final = {
    _DATABASE_ROLE: ("defaultTtl", "maxTtl"),
    _AWS_MOUNT: ("defaultLeaseTtlSeconds", "maxLeaseTtlSeconds"),
    _GCP_ROLE: ("ttl",),
    _AZURE_ROLE: ("ttl", "maxTtl"),
}


def beyond(resource: Resource, key: str, longest: Duration) -> Iterator[str]:
    """Where a lifetime is not set, or too long."""
    found = resource.seconds(key)
    if found is None or found <= 0:
        yield f"{key} is not set, so that Vault's own default decides"
    elif found > longest.seconds:
        yield f"{key} is {Duration(found)}, more than {longest}"


def _tokens(resource: Resource, setting: Setting) -> Iterator[str]:
    longest = setting.duration("longest")
    yield from beyond(resource, "tokenTtl", longest)
    yield from beyond(resource, "tokenMaxTtl", longest)
    if resource.seconds("tokenPeriod"):
        yield "tokenPeriod makes tokens that can be renewed for ever"
    explicit = resource.seconds("tokenExplicitMaxTtl")
    if explicit and explicit > longest.seconds:
        yield f"tokenExplicitMaxTtl is {Duration(explicit)}, more than {longest}"
    if resource.get("tokenNumUses") and resource.get("tokenType") in ("batch", "default-batch"):
        yield "tokenNumUses does not hold for batch tokens"


def _secret_ids(resource: Resource, setting: Setting) -> Iterator[str]:
    yield from beyond(resource, "secretIdTtl", setting.duration("longest"))


def _leases(resource: Resource, setting: Setting) -> Iterator[str]:
    longest = setting.duration("longest")
    keys = _LEASES.get(resource.type, ())
    if resource.type == _AWS_ROLE and resource.get("credentialType") != "iam_user":
        keys = ("defaultStsTtl", "maxStsTtl")
    for key in keys:
        yield from beyond(resource, key, longest)


def _mounts(resource: Resource, setting: Setting) -> Iterator[str]:
    """A mount may set its own maximum, which then holds instead of the server's. The mounts of CAs
    must: what they issue is limited by their roles, and the CAs' own lifetimes have a rule.
    """
    longest = setting.duration("longest")
    if resource.get("type") == "pki":
        return
    for key, value in (
        ("maxLeaseTtlSeconds", resource.get("maxLeaseTtlSeconds")),
        ("tune.maxLeaseTtl", dig(resource.props, "tune", "maxLeaseTtl")),
    ):
        found = seconds(value)
        if found and found > longest.seconds:
            yield f"{key} is {Duration(found)}, more than {longest}"


def _static_users(resource: Resource, setting: Setting) -> Iterator[str]:
    schedule, longest = resource.text("rotationSchedule"), setting.duration("longest")
    if schedule:
        interval = Cron(schedule).interval
        if interval > longest:
            yield f"rotationSchedule comes every {interval}, less often than every {longest}"
    else:
        yield from beyond(resource, "rotationPeriod", longest)


def _certificates(resource: Resource, setting: Setting) -> Iterator[str]:
    for key in ("ttl", "maxTtl"):
        yield from beyond(resource, key, setting.duration("longest"))
    if resource.get("notAfter"):
        yield "notAfter overrules every lifetime"


def _cas(resource: Resource, setting: Setting) -> Iterator[str]:
    limit = "longestRoot" if resource.type == _ROOT_CA else "longestIntermediate"
    yield from beyond(resource, "ttl", setting.duration(limit))


TOKENS: Final = ResourceRule(
    name="token-lifetime",
    says="Tokens end.",
    meaning="A stolen token works until it ends; one that is renewed for ever works for ever.",
    repair="Set tokenTtl and tokenMaxTtl within the limit, and no tokenPeriod",
    severity=Severity.HIGH,
    types=AUTH_ROLES,
    check=_tokens,
    limits=(duration("longest", "The most that a token may live, renewed or not.", "24h"),),
)
SECRET_IDS: Final = ResourceRule(
    name="secret-id-lifetime",
    says="An AppRole's secret IDs end.",
    meaning="A secret ID is a password: one that leaks logs its finder in until it ends.",
    repair="Set secretIdTtl within the limit",
    severity=Severity.HIGH,
    types=frozenset({_APPROLE}),
    check=_secret_ids,
    limits=(duration("longest", "The most that a secret ID may live.", "24h"),),
)
LEASES: Final = ResourceRule(
    name="lease-lifetime",
    says="Credentials of databases and clouds end.",
    meaning="A credential that leaks works until its lease ends, wherever it is by then.",
    repair="Set the default and the maximum within the limit",
    severity=Severity.HIGH,
    types=frozenset({*_LEASES, _AWS_ROLE}),
    check=_leases,
    limits=(duration("longest", "The most that a lease may live, renewed or not.", "24h"),),
)
MOUNTS: Final = ResourceRule(
    name="mount-lifetime",
    says="No mount lets what it hands out live longer than the servers' maximum.",
    meaning="A mount's own maximum holds instead of the servers', for every role without one.",
    repair="Leave the mount's maximum out, or lower it",
    severity=Severity.MEDIUM,
    types=frozenset(
        {
            "vault:index/mount:Mount",
            "vault:index/authBackend:AuthBackend",
            "vault:jwt/authBackend:AuthBackend",
        }
    ),
    check=_mounts,
    limits=(duration("longest", "The servers' own max_lease_ttl.", "768h"),),
)
STATIC_USERS: Final = ResourceRule(
    name="static-user-rotation",
    says="Database users that stay get a new password within days.",
    meaning="Such a password is no lease: who has learned it is that user until it changes.",
    repair="Rotate the user by schedule, or by age, within the limit (StaticUser)",
    severity=Severity.HIGH,
    types=frozenset({STATIC_ROLE}),
    check=_static_users,
    limits=(duration("longest", "The longest that a password may stay.", "168h"),),
)
CERTIFICATES: Final = ResourceRule(
    name="certificate-lifetime",
    says="Workloads' certificates live for days.",
    meaning="Few clients ask whether a certificate was revoked, so that a stolen key works until "
    "its certificate ends.",
    repair="Set ttl and maxTtl within the limit",
    severity=Severity.MEDIUM,
    types=frozenset({_PKI_ROLE}),
    check=_certificates,
    limits=(
        duration(
            "longest",
            "The most that a certificate may live.",
            ByEnvironment(dev="168h", staging="72h", prod="72h"),
        ),
    ),
)
CAS: Final = ResourceRule(
    name="ca-lifetime",
    says="Certificate authorities are renewed within their limits.",
    meaning="Whoever gets at an intermediate's key can issue certificates until it ends.",
    repair="Set ttl within the limit (pkiRootTtl, pkiIntermediateTtl)",
    severity=Severity.LOW,
    types=frozenset({_ROOT_CA, _INTERMEDIATE_CA}),
    check=_cas,
    limits=(
        duration("longestRoot", "The most that the root CA may live.", "87600h"),
        duration("longestIntermediate", "The most that an intermediate CA may live.", "26280h"),
    ),
)

RULES: Final = (TOKENS, SECRET_IDS, LEASES, MOUNTS, STATIC_USERS, CERTIFICATES, CAS)
