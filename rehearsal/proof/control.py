"""Vault itself: who renews, who looks, and who could change the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from policies import inspection, provisioner
from policies.hcl import Capability
from policies.paths import (
    APPROLE_AUTH,
    AWS,
    DATABASE,
    KUBERNETES_AUTH,
    OIDC_AUTH,
    PKI,
    PROVISIONER_AUTH,
)
from policies.plan import Plan
from policies.subject import Subject
from rehearsal.errors import RehearsalError
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench
from rehearsal.proof.kv import MERGE_PATCH
from rehearsal.proof.results import Figure

_METHODS = {
    Capability.READ: "GET",
    Capability.LIST: "LIST",
    Capability.CREATE: "POST",
    Capability.UPDATE: "POST",
    Capability.PATCH: "PATCH",
    Capability.DELETE: "DELETE",
}
_NOBODY = "none"
"""A name that nothing has."""
_NO_LEASE = {"lease_id": _NOBODY}
_HARMLESS: Mapping[str, Mapping[str, Any]] = {
    "sys/leases/lookup": _NO_LEASE,
    "sys/leases/revoke": _NO_LEASE,
    f"{PKI}/revoke": {},
    inspection.LOOKUP: {"accessor": _NOBODY},
}
"""Where a write changes something that is there unless it says this."""
_WRAP = {"X-Vault-Wrap-TTL": "5m"}


@dataclass(frozen=True, slots=True)
class _Knock:
    """A request that matters for who may change or see what, harmless were it let in here."""

    operation: str
    capability: Capability
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)


def prove(bench: Bench) -> None:
    knocks: dict[tuple[Capability, str], _Knock] = {}
    for knock in (*_knocks(bench.plan), *_granted(bench)):
        knocks.setdefault((knock.capability, knock.path.rstrip("/")), knock)
    for subject in bench.subjects:
        _own_token(bench, subject)
        for knock in knocks.values():
            headers = MERGE_PATCH if knock.capability is Capability.PATCH else None
            bench.try_passage(
                subject,
                knock.operation,
                knock.path,
                allowed=expectations.control(subject, knock.path, knock.capability),
                answer=bench.session(subject).call(
                    _METHODS[knock.capability], knock.path, knock.body or None, headers
                ),
            )
        _secret_ids(bench, subject)


def _own_token(bench: Bench, subject: Subject) -> None:
    vault = bench.session(subject)
    bench.try_call(
        subject,
        "renew the own token",
        "auth/token/renew-self",
        allowed=expectations.renew_self(subject),
        call=lambda: vault.call("POST", "auth/token/renew-self"),
        figure=Figure.TOKEN_RENEWAL,
    )
    bench.try_call(
        subject,
        "look at the own token",
        "auth/token/lookup-self",
        allowed=True,
        call=lambda: vault.call("GET", "auth/token/lookup-self"),
    )
    bench.try_passage(
        subject,
        "renew a lease",
        "sys/leases/renew",
        allowed=expectations.renew_self(subject),
        answer=vault.call("POST", "sys/leases/renew", _NO_LEASE),
    )


def _secret_ids(bench: Bench, subject: Subject) -> None:
    """Only who issues secret IDs may have one, and only wrapped."""
    allowed = expectations.issues_secret_ids(subject)
    for role in bench.plan.approle_roles:
        path = f"auth/{APPROLE_AUTH}/role/{role.name}"
        for operation, headers, expected in (
            ("issue a secret ID, wrapped", _WRAP, allowed),
            ("issue a secret ID in clear", None, False),
        ):
            answer = bench.session(subject).call("POST", f"{path}/secret-id", {}, headers)
            bench.try_passage(subject, operation, role.name, allowed=expected, answer=answer)
        answer = bench.session(subject).call("GET", f"{path}/role-id")
        bench.try_passage(subject, "read a role ID", role.name, allowed=allowed, answer=answer)


def _granted(bench: Bench) -> Iterator[_Knock]:
    """What anybody is granted, to be tried by everybody. SUDO is no request of its own."""
    names = _names(bench.plan)
    for subject in bench.subjects:
        for grant in subject.grants:
            for path, capabilities in expectations.paths_of(grant):
                for capability in capabilities:
                    if capability is not Capability.SUDO:
                        yield _granted_knock(path, capability, names)


def _granted_knock(rule: str, capability: Capability, names: Mapping[str, str]) -> _Knock:
    """A look is at something that is there; a write is at a name that nothing has, or harmless."""
    operation = f"{capability.value}, granted by path"
    looks = capability in (Capability.READ, Capability.LIST)
    path = (names.get(rule) if looks else None) or _concrete(rule)
    body = {} if looks or path != rule else _HARMLESS.get(rule)
    if capability not in _METHODS or body is None:
        raise RehearsalError(
            f"the proof knows no harmless way to try {capability.value} of {rule}, which the "
            "matrix grants; add one to _HARMLESS in rehearsal/proof/control.py"
        )
    return _Knock(operation, capability, path, body)


def _concrete(rule: str) -> str:
    """A path for which a rule with `+` or a final `*` decides, of a name that nothing has."""
    segments = [_NOBODY if segment == "+" else segment for segment in rule.split("/")]
    if segments[-1].endswith("*"):
        segments[-1] = segments[-1].removesuffix("*") + _NOBODY
    return "/".join(segments)


def _names(plan: Plan) -> dict[str, str]:
    """Rule -> the path of something that is there."""
    own = f"auth/{PROVISIONER_AUTH}/role"
    return {f"{own}/+": f"{own}/{provisioner.NAME}"} | {
        f"{folder}/+": f"{folder}/{named[0].name}"
        for folder, named in (
            ("sys/policies/acl", plan.acl_policies),
            (f"auth/{KUBERNETES_AUTH}/role", plan.kubernetes_roles),
            (f"auth/{APPROLE_AUTH}/role", plan.approle_roles),
            (f"auth/{OIDC_AUTH}/role", plan.oidc_roles),
            (f"{DATABASE}/config", plan.database_connections),
            (f"{DATABASE}/roles", plan.database_roles),
            (f"{AWS}/roles", plan.aws_roles),
            (f"{PKI}/roles", plan.pki_roles),
        )
        if named
    }


def _knocks(plan: Plan) -> Iterator[_Knock]:
    name, read, update, list_ = "rehearsal", Capability.READ, Capability.UPDATE, Capability.LIST
    yield _Knock("write an ACL policy", update, f"sys/policies/acl/{name}", {"policy": "# none"})
    yield _Knock("write an auth role", update, f"auth/{KUBERNETES_AUTH}/role/{name}")
    yield _Knock("reconfigure an auth method", update, f"auth/{KUBERNETES_AUTH}/config")
    yield _Knock("mount an engine", update, f"sys/mounts/{name}", {"type": "kv"})
    yield _Knock("make a token", update, "auth/token/create", {"ttl": "1m"})
    yield _Knock("make an entity", update, "identity/entity", {"name": name})
    yield _Knock("end another's lease", update, "sys/leases/revoke", _NO_LEASE)
    yield _Knock("see who holds leases", list_, "sys/leases/lookup/")
    yield _Knock("list ACL policies", list_, "sys/policies/acl")
    yield _Knock("list auth roles", list_, f"auth/{KUBERNETES_AUTH}/role")
    yield _Knock("list auth methods", read, "sys/auth")
    yield _Knock("list engines", read, "sys/mounts")
    yield _Knock("list audit devices", read, "sys/audit")
    yield _Knock("read metrics", read, "sys/metrics")
    for policy in plan.acl_policies:
        yield _Knock("read an ACL policy", read, f"sys/policies/acl/{policy.name}")
    for role in plan.kubernetes_roles:
        yield _Knock("read an auth role", read, f"auth/{KUBERNETES_AUTH}/role/{role.name}")
    if plan.database_connections:
        connection = plan.database_connections[0].name
        yield _Knock("read a connection", read, f"database/config/{connection}")
        yield _Knock("write a database role", update, f"database/roles/{name}")
        yield _Knock("list database roles", list_, "database/roles")
    if plan.aws_roles:
        yield _Knock("write an AWS role", update, f"aws/roles/{name}")
        yield _Knock("read the AWS root key", read, "aws/config/root")
        yield _Knock("list AWS roles", list_, "aws/roles")
    if plan.pki_roles:
        yield _Knock("write a PKI role", update, f"pki/roles/{name}")
        yield _Knock("list PKI roles", list_, "pki/roles")
