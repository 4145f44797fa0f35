"""What the platform's jobs may: everybody tries it, and whoever is granted it really does it, with
a look at what came of it from outside Vault. The jobs' own code is tried elsewhere (`tests/live`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography import x509
from cryptography.x509.oid import NameOID

from policies.hcl import Capability
from policies.identities import AppRole
from policies.paths import (
    AWS,
    PKI,
    PKI_ROOT,
    ROTATE_AWS_ROOT,
    approle,
    database_credentials,
    rotate_database_root,
)
from policies.plan import DatabaseConnection
from policies.stanzas import ONLY_REVOKES
from policies.subject import Subject
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.proof.database import revoke_lease
from rehearsal.proof.kv import MERGE_PATCH
from rehearsal.proof.logins import LoginDesk
from rehearsal.proof.results import Outcome, Seen
from rehearsal.scene import AWS_USER
from rehearsal.vault_api import Answer, VaultApi

_NOBODY: Final = "none"
"""A name that nothing has."""


def prove(bench: Bench) -> None:
    for subject in bench.subjects:
        for connection in bench.plan.database_connections:
            _database_root(bench, subject, connection)
        if bench.plan.aws_roles:
            _aws_root(bench, subject)
        if bench.plan.pki_roles:
            _intermediate(bench, subject)
        for pipeline in bench.subjects:
            if isinstance(pipeline.workload.identity, AppRole):
                _secret_ids(bench, subject, pipeline)


# --- root credentials ----------------------------------------------------------------------------


def _database_root(bench: Bench, subject: Subject, connection: DatabaseConnection) -> None:
    allowed = expectations.rotates_database_root(subject, connection.name)
    user = f"vault_{connection.database}"
    before = _hash_of(bench, user) if allowed else ""

    def changed(_: Answer) -> None:
        if _hash_of(bench, user) == before:
            raise Mismatch(f"{user} has the same password as before")
        _still_connects(bench, connection)

    bench.try_call(
        subject,
        "rotate the database administrator",
        connection.name,
        allowed=allowed,
        call=lambda: bench.session(subject).call("POST", rotate_database_root(connection.name)),
        check=changed,
    )


def _hash_of(bench: Bench, user: str) -> str:
    """Of a password, as PostgreSQL keeps it."""
    query = f"SELECT rolpassword FROM pg_authid WHERE rolname = '{user}'"
    return str(bench.scene.postgres.execute(query))


def _still_connects(bench: Bench, connection: DatabaseConnection) -> None:
    """Whoever may has a user made, as before."""
    for role in bench.plan.database_roles:
        for subject in bench.subjects:
            if role.connection == connection.name and expectations.database(subject, role.name):
                answer = bench.session(subject).call("GET", database_credentials(role.name))
                if not answer.allowed:
                    raise Mismatch(f"no user can be made any more: {answer.errors}")
                revoke_lease(bench, answer.body["lease_id"])
                return


def _aws_root(bench: Bench, subject: Subject) -> None:
    allowed = expectations.rotates_aws_root(subject)
    before = _keys(bench) if allowed else set()

    def changed(answer: Answer) -> None:
        after = _keys(bench)
        if after != {answer.data["access_key"]} or after & before:
            raise Mismatch(f"AWS knows {len(after)} keys, of which {len(after & before)} are old")

    bench.try_call(
        subject,
        "rotate the AWS engine's own key",
        AWS,
        allowed=allowed,
        call=lambda: bench.session(subject).call("POST", ROTATE_AWS_ROOT),
        check=changed,
    )


def _keys(bench: Bench) -> set[str]:
    listed = bench.scene.aws.client("iam").list_access_keys(UserName=AWS_USER)
    return {key["AccessKeyId"] for key in listed["AccessKeyMetadata"]}


# --- the intermediate CA -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Request:
    """Where it is let through without what it takes, Vault refuses it and nothing changes."""

    operation: str
    method: str
    path: str
    body: Mapping[str, Any] = field(default_factory=dict)


_SIGN: Final = f"{PKI_ROOT}/root/sign-intermediate"
_STEPS: Final = (
    _Request("make a CA's key", "POST", f"{PKI}/intermediate/generate/internal"),
    _Request("put a CA in place", "POST", f"{PKI}/intermediate/set-signed"),
    _Request("see which CA issues", "GET", f"{PKI}/config/issuers"),
    _Request("choose which CA issues", "POST", f"{PKI}/config/issuers", {"default": _NOBODY}),
    _Request("look at a CA", "GET", f"{PKI}/issuer/default"),
    _Request("name a CA", "PATCH", f"{PKI}/issuer/{_NOBODY}", {"issuer_name": _NOBODY}),
    _Request("let a CA only revoke", "PATCH", f"{PKI}/issuer/{_NOBODY}", {"usage": ONLY_REVOKES}),
)
"""Of a renewal, beside having the CA signed."""
_NO_STEPS: Final = (
    _Request("let a CA follow", "POST", f"{PKI}/config/issuers", {"default_follows_latest": True}),
    _Request("let a CA issue", "PATCH", f"{PKI}/issuer/{_NOBODY}", {"usage": "issuing"}),
    _Request("send a CA's CRL away", "PATCH", f"{PKI}/issuer/{_NOBODY}", {"crl_signer": "x"}),
    _Request("delete a CA", "DELETE", f"{PKI}/issuer/{_NOBODY}"),
    _Request("delete a CA's key", "DELETE", f"{PKI}/key/{_NOBODY}"),
    _Request("have a CA's key", "POST", f"{PKI}/intermediate/generate/exported"),
    _Request("sign anything", "POST", f"{PKI}/sign-verbatim"),
    _Request("sign anything with the root", "POST", f"{PKI_ROOT}/sign-verbatim"),
    _Request("replace the root", "POST", f"{PKI_ROOT}/root/rotate/internal"),
)
"""What no renewal needs."""


def _as_granted(bench: Bench) -> Mapping[str, str]:
    """What is asked of the root, all as text, which is what an ACL policy compares."""
    tasks = (one.task for one in bench.plan.rotations if one.task["type"] == "pki-intermediate")
    task = next(tasks, {"common_name": _NOBODY, "ttl_seconds": 1})  # where nobody may
    return {
        "common_name": str(task["common_name"]),
        "ttl": f"{task['ttl_seconds']}s",
        "max_path_length": "0",
    }


def _signed_otherwise(granted: Mapping[str, str]) -> Iterator[_Request]:
    """What would make another CA than that which is renewed."""
    for left_out in granted:
        body = {name: value for name, value in granted.items() if name != left_out}
        yield _Request(f"have a CA signed, without {left_out}", "POST", _SIGN, body)
    for operation, name, value in (
        ("have it signed by the request's name", "common_name", ""),
        ("have any name signed", "common_name", "any"),
        ("have it signed for Vault's longest", "ttl", ""),
        ("have it signed for longer", "ttl", f"1{granted['ttl']}"),
        ("say when it ends", "not_after", "2099-01-01T00:00:00Z"),
        ("have CAs below it", "max_path_length", "-1"),
        ("have what the request says", "use_csr_values", "true"),
        ("have it be a host, too", "alt_names", "any"),
    ):
        yield _Request(operation, "POST", _SIGN, {**granted, name: value})


def _intermediate(bench: Bench, subject: Subject) -> None:
    allowed = expectations.renews_intermediate(subject)
    granted = _as_granted(bench)
    signed = _Request("have a CA signed", "POST", _SIGN, granted)
    for requests, expected in (
        ((signed, *_STEPS), allowed),
        ((*_signed_otherwise(granted), *_NO_STEPS), False),
    ):
        for one in requests:
            headers = MERGE_PATCH if one.method == "PATCH" else None
            answer = bench.session(subject).call(one.method, one.path, one.body or None, headers)
            looks = one.method == "GET" and expectations.control(subject, one.path, Capability.READ)
            bench.try_passage(
                subject, one.operation, one.path, allowed=expected or looks, answer=answer
            )
    if allowed:
        bench.note(
            subject, "renew the intermediate CA", PKI, allowed=True, seen=_renewed(bench, subject)
        )


def _renewed(bench: Bench, subject: Subject) -> Seen:
    vault = bench.session(subject)
    old = vault.call("GET", f"{PKI}/config/issuers").data["default"]
    before = _certificate(vault, old)
    request = _step(
        vault, f"{PKI}/intermediate/generate/internal", {"common_name": _NOBODY, "key_type": "ec"}
    )
    signed = _step(
        vault,
        _SIGN,
        {**_as_granted(bench), "csr": request["csr"], "organization": _organizations(before)},
    )
    chain = "\n".join(signed["ca_chain"])
    placed = _step(vault, f"{PKI}/intermediate/set-signed", {"certificate": chain})
    new = next(i for i, key in placed["mapping"].items() if key == request["key_id"])
    _step(vault, f"{PKI}/config/issuers", {"default": new})
    vault.call("PATCH", f"{PKI}/issuer/{old}", {"usage": ONLY_REVOKES}, MERGE_PATCH)
    after = _certificate(vault, "default")
    usage = str(vault.call("GET", f"{PKI}/issuer/{old}").data["usage"])
    if after.public_key() == before.public_key() or set(usage.split(",")) != {
        *ONLY_REVOKES.split(",")
    }:
        return Seen(Outcome.BROKEN, None, f"the old CA is still in use, with the usage {usage}")
    if (name := _name(after)) != _name(before):
        return Seen(Outcome.BROKEN, None, f"the new CA is called {name!r}")
    return Seen(Outcome.ALLOWED)


def _step(vault: VaultApi, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return vault.write(path, body).data


def _name(certificate: x509.Certificate) -> str:
    (attribute,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(attribute.value)


def _organizations(certificate: x509.Certificate) -> list[str]:
    found = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return [str(attribute.value) for attribute in found]


def _certificate(vault: VaultApi, issuer: str) -> x509.Certificate:
    found = vault.call("GET", f"{PKI}/issuer/{issuer}").data["certificate"]
    return x509.load_pem_x509_certificate(found.encode())


# --- secret IDs ----------------------------------------------------------------------------------


def _secret_ids(bench: Bench, subject: Subject, pipeline: Subject) -> None:
    """As long as the rotation wraps, nobody else may; nobody may say how often one is good."""
    grant = expectations.rotates_secret_ids(subject, pipeline)
    role, vault = approle(pipeline.role), bench.session(subject)
    longest = {"X-Vault-Wrap-TTL": f"{_longest(bench, pipeline)}s"}
    bench.try_call(
        subject,
        "make a secret ID, wrapped until the next",
        pipeline.role,
        allowed=grant is not None,
        call=lambda: vault.call("POST", f"{role}/secret-id", {"metadata": "{}"}, longest),
        check=lambda answer: _logs_in_until_ended(bench, vault, pipeline, answer),
    )
    for operation, expected, path, body in (
        ("make a secret ID for ever", False, "secret-id", {"ttl": "0", "num_uses": 0}),
        ("choose a secret ID", False, "custom-secret-id", {"secret_id": _NOBODY}),
        ("end a secret ID", grant is not None, "secret-id-accessor/destroy", _ACCESSOR),
        ("look at a secret ID", False, "secret-id-accessor/lookup", _ACCESSOR),
    ):
        answer = vault.call("POST", f"{role}/{path}", body, longest if "make" in operation else {})
        bench.try_passage(subject, operation, pipeline.role, allowed=expected, answer=answer)


_ACCESSOR: Final = {"secret_id_accessor": _NOBODY}


def _longest(bench: Bench, pipeline: Subject) -> int:
    found = (expectations.rotates_secret_ids(one, pipeline) for one in bench.subjects)
    return max((grant.wrapped.seconds for grant in found if grant), default=46800)


def _logs_in_until_ended(bench: Bench, vault: VaultApi, pipeline: Subject, wrapped: Answer) -> None:
    """Raises `Mismatch`."""
    desk, role = LoginDesk(bench.scene), approle(pipeline.role)
    made = desk.unwrap(wrapped.body["wrap_info"]["token"]).data
    role_id = bench.provisioner.call("GET", f"{role}/role-id").data["role_id"]
    if not desk.approle(role_id, made["secret_id"]).allowed:
        raise Mismatch(f"{pipeline.label} cannot log in with it")
    accessor = {"secret_id_accessor": made["secret_id_accessor"]}
    ended = vault.call("POST", f"{role}/secret-id-accessor/destroy", accessor)
    if not ended.allowed or desk.approle(role_id, made["secret_id"]).allowed:
        raise Mismatch(f"{pipeline.label} logs in with it still, though it was ended")
