"""That what is about to be made is what was reviewed: the access review reads `policies/rendered/`,
and the engine makes what the program declares. Here the two are compared, so that neither code of
the program nor a file written by hand gives what no reviewer was shown.

What is in no rendered file is not compared: a stack's settings (which identity provider, which ARN
a role of AWS is assumed by), and the values of secrets. What is rendered and not declared gives
nobody anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from pulumi_policy import Severity

from policies import paths
from policies.environments import Environment
from policies.guardrails.rule import Resource, ResourceRule, Setting, seconds
from policies.plan import DatabaseConnection, OidcRole, TokenSettings
from policies.rendering import RENDERED
from policies.review.snapshot import Snapshot, SnapshotError, read

_POLICY: Final = "vault:index/policy:Policy"


@dataclass(frozen=True, slots=True)
class _Form:
    """How one kind of role is declared."""

    table: str
    """Of the snapshot."""
    key: str
    """The property that names the role."""
    backend: str
    says: Callable[[Any], Mapping[str, Any]]
    """Property -> what it must be, of a rendered role. Whole numbers are seconds or counts."""
    beside: frozenset[str]
    """Properties that are the same for every role, or a stack's own."""


def _token(token: TokenSettings) -> dict[str, Any]:
    return {
        "tokenPolicies": token.policies,
        "tokenTtl": token.ttl_seconds,
        "tokenMaxTtl": token.max_ttl_seconds,
        "tokenBoundCidrs": token.bound_cidrs,
    }


def _ttl(default: int, maximum: int) -> dict[str, Any]:
    return {"ttl": default, "maxTtl": maximum}


_FORMS: Final[Mapping[str, _Form]] = {
    "vault:kubernetes/authBackendRole:AuthBackendRole": _Form(
        "kubernetes_roles",
        "roleName",
        paths.KUBERNETES_AUTH,
        lambda role: {
            "boundServiceAccountNames": (role.service_account,),
            "boundServiceAccountNamespaces": (role.namespace,),
            "audience": role.audience,
            **_token(role.token),
        },
        frozenset({"tokenNoDefaultPolicy"}),
    ),
    "vault:appRole/authBackendRole:AuthBackendRole": _Form(
        "approle_roles",
        "roleName",
        paths.APPROLE_AUTH,
        lambda role: {
            "secretIdTtl": role.secret_id_ttl_seconds,
            "secretIdNumUses": role.secret_id_uses,
            "secretIdBoundCidrs": role.token.bound_cidrs,
            **_token(role.token),
        },
        frozenset({"bindSecretId", "tokenNoDefaultPolicy"}),
    ),
    "vault:jwt/authBackendRole:AuthBackendRole": _Form(
        "oidc_roles",
        "roleName",
        paths.OIDC_AUTH,
        lambda role: {**_token(role.token)},
        frozenset(
            {
                "allowedRedirectUris",
                "boundAudiences",
                "boundClaims",
                "groupsClaim",
                "oidcScopes",
                "roleType",
                "tokenNoDefaultPolicy",
                "userClaim",
            }
        ),
    ),
    "vault:database/secretBackendConnection:SecretBackendConnection": _Form(
        "database_connections",
        "name",
        paths.DATABASE,
        lambda connection: {"allowedRoles": connection.allowed_roles},
        frozenset({"postgresql", "verifyConnection"}),
    ),
    "vault:database/secretBackendRole:SecretBackendRole": _Form(
        "database_roles",
        "name",
        paths.DATABASE,
        lambda role: {
            "dbName": role.connection,
            "creationStatements": role.statements.creation,
            "revocationStatements": role.statements.revocation,
            "renewStatements": role.statements.renewal,
            "rollbackStatements": role.statements.rollback,
            "defaultTtl": role.default_ttl_seconds,
            "maxTtl": role.max_ttl_seconds,
        },
        frozenset(),
    ),
    "vault:database/secretBackendStaticRole:SecretBackendStaticRole": _Form(
        "database_static_roles",
        "name",
        paths.DATABASE,
        lambda role: {
            "dbName": role.connection,
            "username": role.username,
            "rotationSchedule": role.schedule or None,
            "rotationPeriod": role.period_seconds,
            "rotationStatements": (),
        },
        frozenset(),
    ),
    "vault:aws/secretBackendRole:SecretBackendRole": _Form(
        "aws_roles",
        "name",
        paths.AWS,
        lambda role: {"policyDocument": role.policy_document},
        frozenset({"credentialType", "defaultStsTtl", "maxStsTtl", "roleArns"}),
    ),
    "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount": _Form(
        "gcp_roles",
        "impersonatedAccount",
        paths.GCP,
        lambda role: {
            "serviceAccountEmail": role.service_account,
            "tokenScopes": role.scopes,
            "ttl": role.ttl_seconds,
        },
        frozenset(),
    ),
    "vault:azure/backendRole:BackendRole": _Form(
        "azure_roles",
        "role",
        paths.AZURE,
        lambda role: {
            "azureRoles": tuple(
                {"roleName": name, "scope": scope} for name, scope in role.assignments
            ),
            **_ttl(role.default_ttl_seconds, role.max_ttl_seconds),
        },
        frozenset({"permanentlyDelete"}),
    ),
    "vault:pkiSecret/secretBackendRole:SecretBackendRole": _Form(
        "pki_roles",
        "name",
        paths.PKI,
        lambda role: {
            "allowedDomains": role.allowed_domains,
            "allowSubdomains": role.allow_subdomains,
            "clientFlag": role.client,
            "serverFlag": role.server,
            **_ttl(role.default_ttl_seconds, role.max_ttl_seconds),
        },
        frozenset(
            {
                "allowAnyName",
                "allowBareDomains",
                "allowGlobDomains",
                "allowIpSans",
                "allowLocalhost",
                "allowWildcardCertificates",
                "enforceHostnames",
                "keyBits",
                "keyType",
                "keyUsages",
            }
        ),
    ),
}


# What the provider fills in by itself where the program says nothing, as the engine then shows it.
_FILLED_IN: Final[Mapping[str, Any]] = {
    "tokenType": "default",
    "requireCn": True,
    "useCsrCommonName": True,
    "useCsrSans": True,
}


def _as_reviewed(resource: Resource, setting: Setting) -> Iterator[str]:
    try:
        snapshot = snapshot_of(setting.environment)
    except SnapshotError as error:
        yield f"cannot be compared with what was reviewed ({error})"
        return
    if resource.type == _POLICY:
        yield from _policy(resource, snapshot)
    else:
        yield from _role(resource, snapshot, _FORMS[resource.type])


def _policy(resource: Resource, snapshot: Snapshot) -> Iterator[str]:
    name = resource.text("name")
    if snapshot.policies.get(name) != resource.text("policy"):
        yield f"the ACL policy {name!r} is not what acl/{name}.hcl says"


def _role(resource: Resource, snapshot: Snapshot, form: _Form) -> Iterator[str]:
    name, file = resource.text(form.key), f"{form.table}.json"
    role = next((one for one in getattr(snapshot, form.table) if one.name == name), None)
    if role is None:
        yield f"{form.key} is {name!r}, which {file} does not have"
        return
    expected = {form.key: name, "backend": form.backend, **form.says(role)}
    for key, meant in expected.items():
        if not _is(resource.get(key), meant):
            yield f"{key} is not what {file} says of {name}"
    match role:
        case OidcRole():
            yield from _groups(resource, role.groups, file)
        case DatabaseConnection():
            yield from _database(resource, role.database, file)
    for key in sorted(resource.props.keys() - expected.keys() - form.beside):
        given = resource.get(key)
        if given not in (None, _FILLED_IN.get(key)) and not key.startswith("__"):
            yield f"{key} is set, and {file} does not say it"


def _groups(resource: Resource, groups: tuple[str, ...], file: str) -> Iterator[str]:
    """The claim is a setting of the stack, its values are the role's."""
    claims = resource.get("boundClaims") or {}
    if list(claims.values()) != [",".join(groups)]:
        yield f"boundClaims is not the groups that {file} says"


def _database(resource: Resource, database: str, file: str) -> Iterator[str]:
    """The server is a setting of the stack, which of its databases is the connection's."""
    if urlsplit(resource.text("postgresql", "connectionUrl")).path != f"/{database}":
        yield f"postgresql.connectionUrl is not of the database that {file} says"


def _is(given: Any, meant: Any) -> bool:
    """Numbers arrive as such or as text, and what is empty is left out."""
    match meant:
        case None | bool() | str():
            return bool(given == meant)
        case int():
            return (seconds(given) or 0) == meant
        case _:
            return [*(given or ())] == [*meant]


@cache
def snapshot_of(environment: Environment) -> Snapshot:
    """Of the working tree, which is what the engine runs."""
    folder = RENDERED / environment.value
    files = {
        path.relative_to(RENDERED).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
    return read(files, "policies/rendered")[environment]


REVIEWED: Final = ResourceRule(
    name="as-reviewed",
    says="ACL policies, roles and connections are what policies/rendered/ says.",
    meaning="The access review reads these files: what is made otherwise was shown to nobody.",
    repair="Change policies/matrix.py, run python -m policies render, and have it reviewed",
    severity=Severity.CRITICAL,
    types=frozenset({_POLICY, *_FORMS}),
    check=_as_reviewed,
)

RULES: Final = (REVIEWED,)
