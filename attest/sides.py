"""The plan and a live Vault as the two sides of a review, so that what a workload really has is
told in the review's words: as if Vault were a pull request against the matrix.

What Vault did not let be read is taken for what was declared, and listed apart. A role that lets in
several names, which no plan can say, has them as one text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from attest.built_in import built_in
from attest.kinds import Kind
from attest.live import Body, Live
from attest.stack import Stack
from policies import inspection
from policies.environments import Environment
from policies.hcl import HclError, parse
from policies.plan import (
    AppRoleRole,
    AwsRole,
    AzureRole,
    DatabaseConnection,
    DatabaseRole,
    DatabaseStaticRole,
    GcpRole,
    KubernetesRole,
    OidcRole,
    PkiRole,
    Plan,
    TokenSettings,
)
from policies.postgresql import Statements
from policies.review.compare import compare
from policies.review.limits import unwritten
from policies.review.model import EnvironmentReview, Finding, Review
from policies.review.snapshot import LoginRole, Snapshot, of_plan

DECLARED: Final = "the matrix"
LIVE: Final = "Vault"
_T = TypeVar("_T")


@dataclasses.dataclass(frozen=True, slots=True)
class Compared:
    review: Review
    declared: Mapping[Environment, Snapshot]
    live: Mapping[Environment, Snapshot]


def compared(plan: Plan, stack: Stack, live: Live) -> Compared:
    """`plan`: the effective one."""
    declared = of_plan(plan, DECLARED)
    there = snapshot(declared, stack.provisioners, live)
    sides = {plan.environment: declared}, {plan.environment: there}
    review = compare(*sides, base_name=DECLARED, head_name=LIVE, limits=unwritten())
    return Compared(_without_approvals(review), *sides)


def _without_approvals(review: Review) -> Review:
    """Nobody is asked: it is there already."""
    return dataclasses.replace(
        review,
        environments=tuple(map(_environment, review.environments)),
        approvers=(),
        over_limit=(),
    )


def _environment(one: EnvironmentReview) -> EnvironmentReview:
    return dataclasses.replace(
        one,
        findings=_unapproved(one.findings),
        workloads=tuple(
            dataclasses.replace(workload, findings=_unapproved(workload.findings))
            for workload in one.workloads
        ),
    )


def _unapproved(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(dataclasses.replace(finding, approvers=()) for finding in findings)


def snapshot(declared: Snapshot, provisioners: Collection[str], live: Live) -> Snapshot:
    """Vault, as the review reads a plan."""
    logins: tuple[LoginRole, ...] = _roles(
        live, Kind.KUBERNETES_ROLE, declared.kubernetes_roles, _kubernetes
    )
    logins += _roles(live, Kind.APPROLE_ROLE, declared.approle_roles, _approle)
    logins += _roles(live, Kind.OIDC_ROLE, declared.oidc_roles, _oidc)
    # Vault's own policies, and the provisioners', are no workload's unless a role gives them.
    own = {name for kind, name in built_in(live.version) if kind is Kind.ACL_POLICY}
    own = {*own, *provisioners} - {name for role in logins for name in role.token.policies}
    texts = {
        name: _text(body, declared.policies.get(name, ""))
        for name, body in (live.folders.get(inspection.ACL_POLICIES) or {}).items()
        if name not in own
    }
    unlisted = live.folders.get(inspection.ACL_POLICIES) is None
    return dataclasses.replace(
        declared,
        side=LIVE,
        policies=declared.policies if unlisted else texts,
        kubernetes_roles=tuple(one for one in logins if isinstance(one, KubernetesRole)),
        approle_roles=tuple(one for one in logins if isinstance(one, AppRoleRole)),
        oidc_roles=tuple(one for one in logins if isinstance(one, OidcRole)),
        database_connections=_roles(
            live, Kind.CONNECTION, declared.database_connections, _connection
        ),
        database_roles=_roles(live, Kind.DATABASE_ROLE, declared.database_roles, _database),
        database_static_roles=_roles(
            live, Kind.STATIC_ROLE, declared.database_static_roles, _static
        ),
        aws_roles=_roles(live, Kind.AWS_ROLE, declared.aws_roles, _aws),
        gcp_roles=_roles(live, Kind.GCP_ACCOUNT, declared.gcp_roles, _gcp),
        azure_roles=_roles(live, Kind.AZURE_ROLE, declared.azure_roles, _azure),
        pki_roles=_roles(live, Kind.PKI_ROLE, declared.pki_roles, _pki),
    )


def _text(body: Body | None, declared: str) -> str:
    """An ACL policy; what is declared for one that was not read, or that only a newer Vault can
    read. The other differences say so of it.
    """
    text = declared if body is None else str(body.get("policy", ""))
    try:
        parse(text)
    except HclError:
        return declared
    return text


def _roles(live: Live, kind: Kind, declared: tuple[_T, ...], made: Any) -> tuple[_T, ...]:
    found = live.folders.get(kind.where)
    if found is None:
        return declared
    by_name = {one.name: one for one in declared}  # type: ignore[attr-defined]
    return tuple(_each(found, by_name, made))


def _each(found: Mapping[str, Body | None], declared: Mapping[str, _T], made: Any) -> Iterator[_T]:
    for name, body in sorted(found.items()):
        known = declared.get(name)
        if body is not None:
            yield made(name, body, known)
        elif known is not None:
            yield known


def _token(body: Body) -> TokenSettings:
    """Of the tokens that a role gives: `default` is given too, unless the role says not."""
    policies = [*(body.get("token_policies") or ())]
    if not body.get("token_no_default_policy"):
        policies.append("default")
    return TokenSettings(
        tuple(policies),
        int(body.get("token_ttl") or 0),
        int(body.get("token_max_ttl") or 0),
        _texts(body, "token_bound_cidrs"),
    )


def _texts(body: Body, key: str) -> tuple[str, ...]:
    return tuple(map(str, body.get(key) or ()))


def _one(body: Body, key: str) -> str:
    return ", ".join(sorted(_texts(body, key)))


def _kubernetes(name: str, body: Body, _: KubernetesRole | None) -> KubernetesRole:
    namespaces = _one(body, "bound_service_account_namespaces")
    if selector := body.get("bound_service_account_namespace_selector"):
        namespaces = ", ".join(filter(None, (namespaces, f"labelled {selector}")))
    return KubernetesRole(
        name,
        _one(body, "bound_service_account_names"),
        namespaces,
        str(body.get("audience") or ""),
        _token(body),
    )


def _approle(name: str, body: Body, _: AppRoleRole | None) -> AppRoleRole:
    return AppRoleRole(
        name,
        int(body.get("secret_id_ttl") or 0),
        int(body.get("secret_id_num_uses") or 0),
        _token(body),
    )


def _oidc(name: str, body: Body, _: OidcRole | None) -> OidcRole:
    groups = list[str]()
    for value in (body.get("bound_claims") or {}).values():
        groups += value.split(",") if isinstance(value, str) else map(str, value)
    return OidcRole(name, tuple(groups), _token(body))


def _connection(name: str, body: Body, known: DatabaseConnection | None) -> DatabaseConnection:
    return DatabaseConnection(
        name, known.database if known else name, _texts(body, "allowed_roles")
    )


def _database(name: str, body: Body, _: DatabaseRole | None) -> DatabaseRole:
    statements = Statements(
        _texts(body, "creation_statements"),
        _texts(body, "revocation_statements"),
        _texts(body, "renew_statements"),
        _texts(body, "rollback_statements"),
    )
    return DatabaseRole(
        name,
        str(body.get("db_name") or ""),
        statements,
        int(body.get("default_ttl") or 0),
        int(body.get("max_ttl") or 0),
    )


def _static(name: str, body: Body, _: DatabaseStaticRole | None) -> DatabaseStaticRole:
    return DatabaseStaticRole(
        name,
        str(body.get("db_name") or ""),
        str(body.get("username") or ""),
        str(body.get("rotation_schedule") or ""),
        int(body.get("rotation_period") or 0),
    )


def _aws(name: str, body: Body, known: AwsRole | None) -> AwsRole:
    """Without STS its lease knows the mount's lifetime only, which is compared as the mount's."""
    document = str(body.get("policy_document") or "{}")
    if known and body.get("credential_type") == "iam_user":
        return dataclasses.replace(known, policy_document=document)
    return AwsRole(
        name,
        document,
        int(body.get("default_sts_ttl") or 0),
        int(body.get("max_sts_ttl") or 0),
    )


def _gcp(name: str, body: Body, _: GcpRole | None) -> GcpRole:
    return GcpRole(
        name,
        str(body.get("service_account_email") or ""),
        _texts(body, "token_scopes"),
        int(body.get("ttl") or 0),
    )


def _azure(name: str, body: Body, _: AzureRole | None) -> AzureRole:
    assignments = tuple(
        (str(one.get("role_name")), str(one.get("scope"))) for one in body.get("azure_roles") or ()
    )
    ttls = int(body.get("ttl") or 0), int(body.get("max_ttl") or 0)
    return AzureRole(name, assignments, *ttls)


def _pki(name: str, body: Body, _: PkiRole | None) -> PkiRole:
    return PkiRole(
        name,
        _texts(body, "allowed_domains"),
        bool(body.get("allow_subdomains")),
        bool(body.get("client_flag")),
        bool(body.get("server_flag")),
        int(body.get("ttl") or 0),
        int(body.get("max_ttl") or 0),
    )
