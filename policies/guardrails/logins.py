"""Who can log in: auth methods, and what their roles are bound to and give."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pulumi_policy import Severity

from policies import paths
from policies.guardrails.ownership import Ownership, ownership
from policies.guardrails.rule import Resource, ResourceRule, Setting
from policies.identities import PLATFORM_NAMESPACE

KUBERNETES: Final = "vault:kubernetes/authBackendRole:AuthBackendRole"
APPROLE: Final = "vault:appRole/authBackendRole:AuthBackendRole"
OIDC: Final = "vault:jwt/authBackendRole:AuthBackendRole"
_ROLES: Final = frozenset({KUBERNETES, APPROLE, OIDC})
_WILD: Final = "*+?["

_METHODS: Final = {
    paths.KUBERNETES_AUTH: "kubernetes",
    paths.APPROLE_AUTH: "approle",
    paths.OIDC_AUTH: "oidc",
}
_MOUNTS: Final = frozenset(
    {"vault:index/authBackend:AuthBackend", "vault:jwt/authBackend:AuthBackend"}
)


def _wildcards(resource: Resource, _: Setting) -> Iterator[str]:
    match resource.type:
        case _ if resource.type == KUBERNETES:
            yield from _kubernetes_wildcards(resource)
        case _ if resource.type == OIDC:
            yield from _oidc_wildcards(resource)
        case _:
            if resource.get("bindSecretId") is not True:
                yield "bindSecretId is not true: the role ID alone, which is no secret, logs in"
            for key in ("secretIdBoundCidrs", "tokenBoundCidrs"):
                for cidr in resource.texts(key):
                    if cidr.endswith("/0"):
                        yield f"{key} has {cidr!r}, which is everywhere"


def _kubernetes_wildcards(resource: Resource) -> Iterator[str]:
    for key in ("boundServiceAccountNames", "boundServiceAccountNamespaces"):
        names = resource.texts(key)
        if len(names) != 1:
            yield f"{key} has {len(names)} names instead of one"
        for name in names:
            if any(sign in name for sign in _WILD):
                yield f"{key} has a wildcard, {name!r}"
    if resource.get("boundServiceAccountNamespaceSelector"):
        yield "boundServiceAccountNamespaceSelector lets whoever labels a namespace log in"
    if not resource.text("audience"):
        yield "audience is not set, so that a token which was made for anyone logs in"


def _oidc_wildcards(resource: Resource) -> Iterator[str]:
    claims = resource.get("boundClaims") or {}
    if not claims and not resource.text("boundSubject"):
        yield "boundClaims is empty: everyone at the identity provider logs in"
    for claim, value in claims.items():
        if not value or (resource.get("boundClaimsType") == "glob" and "*" in str(value)):
            yield f"boundClaims has no name for {claim}, but {value!r}"
    if not resource.texts("boundAudiences"):
        yield "boundAudiences is empty, so that a token which was made for anyone logs in"
    if resource.get("verboseOidcLogging"):
        yield "verboseOidcLogging writes people's tokens into the server's log"
    for uri in resource.texts("allowedRedirectUris"):
        if "*" in uri:
            yield f"allowedRedirectUris has a wildcard, {uri!r}"


def _environment(resource: Resource, setting: Setting) -> Iterator[str]:
    suffix = f"-{setting.environment.value}"
    match resource.type:
        case _ if resource.type == KUBERNETES:
            named = {
                "boundServiceAccountNamespaces": resource.texts("boundServiceAccountNamespaces"),
                "audience": (resource.text("audience"),),
            }
        case _ if resource.type == OIDC:
            claims = resource.get("boundClaims") or {}
            named = {
                "boundClaims": tuple(
                    one for value in claims.values() for one in str(value).split(",")
                )
            }
        case _:
            named = {}
    if named.get("boundServiceAccountNamespaces") == (PLATFORM_NAMESPACE,):
        # Vault's own namespace is called the same everywhere, and the matrix says who is there.
        del named["boundServiceAccountNamespaces"]
    named["tokenPolicies"] = resource.texts("tokenPolicies")
    for key, names in named.items():
        for name in names:
            if not name.endswith(suffix):
                yield f"{key} has {name!r}, which does not end in {suffix!r}"


def _application(resource: Resource, setting: Setting) -> Iterator[str]:
    """Whoever logs in gets the ACL policies of the application that the matrix says it is of."""
    owners = ownership(setting.environment)
    for who, owner in _identities(resource, owners):
        if owner is None:
            yield f"{who} is nobody in the access matrix"
        for name in resource.texts("tokenPolicies"):
            owns = owners.of_policy(name)
            if owns is None:
                yield f"tokenPolicies has {name!r}, which is nobody's in the access matrix"
            elif owner is not None and owns != owner:
                yield f"{who} is of {owner}, and is given {name!r} of {owns}"


def _identities(resource: Resource, owners: Ownership) -> Iterator[tuple[str, str | None]]:
    readers: Mapping[str, Callable[[Resource, Ownership], Iterator[tuple[str, str | None]]]] = {
        KUBERNETES: _accounts,
        OIDC: _groups,
        APPROLE: _approles,
    }
    yield from readers[resource.type](resource, owners)


def _accounts(resource: Resource, owners: Ownership) -> Iterator[tuple[str, str | None]]:
    for namespace in resource.texts("boundServiceAccountNamespaces"):
        for name in resource.texts("boundServiceAccountNames"):
            who = f"service account {namespace}/{name}"
            yield who, owners.service_accounts.get((namespace, name))


def _groups(resource: Resource, owners: Ownership) -> Iterator[tuple[str, str | None]]:
    for value in (resource.get("boundClaims") or {}).values():
        for group in str(value).split(","):
            yield f"group {group}", owners.groups.get(group)


def _approles(resource: Resource, owners: Ownership) -> Iterator[tuple[str, str | None]]:
    name = resource.text("roleName")
    yield f"AppRole {name}", owners.approles.get(name)


def _policies(resource: Resource, _: Setting) -> Iterator[str]:
    if resource.get("tokenNoDefaultPolicy") is not True:
        yield "tokenNoDefaultPolicy is not true: tokens carry Vault's default policy as well"
    names = resource.texts("tokenPolicies")
    if not names:
        yield "tokenPolicies is empty"
    if len(names) > 1:
        yield "tokenPolicies has several, and what they say of one path would add up"
    for name in names:
        if name in ("root", "default"):
            yield f"tokenPolicies has {name!r}"


def _methods(resource: Resource, _: Setting) -> Iterator[str]:
    path, kind = resource.text("path"), resource.text("type")
    if _METHODS.get(path) != kind:
        yield f"mounts {kind!r} at {path!r}"
    if resource.get("defaultRole"):
        yield "defaultRole lets people log in without saying as what"


WILDCARDS: Final = ResourceRule(
    name="login-one-identity",
    says="Each role is for one identity, named in full.",
    meaning="A wildcard lets anyone log in who may create a fitting name, or get a token made for "
    "somebody else.",
    repair="Bind the role to one service account, namespace and audience, to named groups and an "
    "audience, or to a secret ID",
    severity=Severity.CRITICAL,
    types=_ROLES,
    check=_wildcards,
)
ENVIRONMENT: Final = ResourceRule(
    name="login-own-environment",
    says="Who logs in, and with what rights, is named for this environment.",
    meaning="Clusters and identity providers may be shared: without the environment's name another "
    "environment's workloads and people could log in here.",
    repair="Use names that end in the environment's: namespaces, audiences, groups, ACL policies",
    severity=Severity.CRITICAL,
    types=_ROLES,
    check=_environment,
)
APPLICATION: Final = ResourceRule(
    name="login-own-application",
    says="A role gives its application's ACL policies to its application's identities.",
    meaning="With another application's ACL policy a workload reads that application's secrets.",
    repair="Give the role the ACL policy of the workload that it is for, as the access matrix "
    "(policies/matrix.py) has them",
    severity=Severity.CRITICAL,
    types=_ROLES,
    check=_application,
)
POLICIES: Final = ResourceRule(
    name="login-named-policies",
    says="A role gives one named ACL policy, and neither root nor default.",
    meaning="Vault's default policy grants more than anyone here needs, and root everything.",
    repair="Set tokenPolicies to the workload's own, and tokenNoDefaultPolicy to true",
    severity=Severity.HIGH,
    types=_ROLES,
    check=_policies,
)
METHODS: Final = ResourceRule(
    name="login-known-method",
    says="People and workloads log in by Kubernetes, AppRole or OIDC.",
    meaning="Of any other way in nobody checks whom it lets in.",
    repair="Use one of these methods at its own path, or write rules for the new one in "
    "policies/guardrails/logins.py",
    severity=Severity.HIGH,
    types=_MOUNTS,
    check=_methods,
)

RULES: Final = (WILDCARDS, ENVIRONMENT, APPLICATION, POLICIES, METHODS)
