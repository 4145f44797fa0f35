"""The provisioner: it manages mounts, roles and ACL policies, and uses none of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies.paths import (
    APPROLE_AUTH,
    AWS,
    KUBERNETES_AUTH,
    PKI,
    PKI_ROOT,
    SecretPath,
    cloud_credentials,
    database_credentials,
    pki_issue,
    rotate_static_user,
    static_credentials,
)
from policies.plan import Plan
from rehearsal.proof.attempts import Bench, passage
from rehearsal.proof.results import Result, expected

SUBJECT = "vaultstack/provisioner"


@dataclass(frozen=True, slots=True)
class _Request:
    """Where it must be refused, one that would change nothing real were it let through."""

    operation: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)


def prove(bench: Bench) -> None:
    for allowed, requests in (
        (True, _its_work(bench.plan)),
        (False, _not_its_business(bench.plan)),
    ):
        for request in requests:
            answer = bench.provisioner.call(request.method, request.path, request.body or None)
            bench.results.append(
                Result(
                    SUBJECT,
                    request.operation,
                    request.path,
                    expected(allowed),
                    passage(answer),
                    area=bench.area,
                )
            )


def _its_work(plan: Plan) -> Iterator[_Request]:
    yield _Request("list engines", "GET", "sys/mounts")
    for policy in plan.acl_policies[:1]:
        yield _Request("read an ACL policy", "GET", f"sys/policies/acl/{policy.name}")
    for role in plan.kubernetes_roles[:1]:
        yield _Request("read an auth role", "GET", f"auth/{KUBERNETES_AUTH}/role/{role.name}")


def _not_its_business(plan: Plan) -> Iterator[_Request]:
    for entry in plan.kv_entries:
        yield _Request("read a secret", "GET", SecretPath(entry.name).data)
    for database_role in plan.database_roles:
        path = database_credentials(database_role.name)
        yield _Request("issue database credentials", "GET", path)
    for static in plan.database_static_roles:
        path = static_credentials(static.name)
        yield _Request("read a database user's password", "GET", path)
        yield _Request("change a database user's password", "POST", rotate_static_user(static.name))
    for aws_role in plan.aws_roles:
        yield _Request("issue cloud credentials", "GET", cloud_credentials(AWS, aws_role.name))
        yield _Request("issue cloud credentials", "GET", f"{AWS}/sts/{aws_role.name}")
    for pki_role in plan.pki_roles:
        body = {"common_name": pki_role.allowed_domains[0]}
        yield _Request("issue a certificate", "POST", pki_issue(pki_role.name), body)
        path = f"{PKI}/issuer/default/issue/{pki_role.name}"
        yield _Request("issue a certificate", "POST", path, body)
    if plan.pki_roles:
        yield from _authorities(plan.pki_roles[0].name)
    for approle in plan.approle_roles:
        for kind in ("secret-id", "custom-secret-id"):
            path = f"auth/{APPROLE_AUTH}/role/{approle.name}/{kind}"
            yield _Request("issue a secret ID", "POST", path)
    yield _Request("make a token", "POST", "auth/token/create", {"ttl": "1m"})
    yield _Request("make an entity", "POST", "identity/entity", {"name": "rehearsal"})
    yield _Request("read raw storage", "GET", "sys/raw/core/mounts")
    yield _Request("enable an audit device", "POST", "sys/audit/rehearsal")


def _authorities(role: str) -> Iterator[_Request]:
    """Without what to sign and for whom, Vault would refuse what it let through."""
    for mount in (PKI, PKI_ROOT):
        for path in ("sign-verbatim", "issuer/default/sign-verbatim"):
            yield _Request("sign anything", "POST", f"{mount}/{path}")
        yield _Request("have a CA's key", "POST", f"{mount}/root/generate/exported")
        yield _Request("have a CA's key", "POST", f"{mount}/intermediate/generate/exported")
    for path in (f"issue/{role}", f"issuer/default/issue/{role}"):
        yield _Request("issue a certificate of the root", "POST", f"{PKI_ROOT}/{path}")
