"""A Vault that is just what the matrix says, as values and over HTTP, for tests to change.

The fields that nobody declares are those of a real one, version 1.21.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from attest import stack
from attest.expected import effective, expected
from attest.kinds import FOLDERS, Kind
from attest.live import Body, Live, Tokens
from attest.stack import Stack
from policies import inspection
from policies.compile import compile_plan
from policies.environments import Environment
from policies.inspection import LISTINGS, SETTINGS
from policies.matrix import MATRIX
from policies.plan import Plan
from tests.answering import Asked, answering, json_handler

VERSION: Final = "1.21.0"
GIVEN: Final = {
    "oidcClientSecret": {"secure": "v1:x"},
    "databasePasswords": {"kubesentiment": {"secure": "v1:x"}},
}
"""Secrets that a stack file holds encrypted."""
_OWN_MOUNTS: Final = ("cubbyhole", "identity", "sys")
_MOUNT: Final = {
    "accessor": "kv_1db472b6",
    "external_entropy_access": False,
    "local": False,
    "plugin_version": "",
    "running_plugin_version": "v1.21.0+builtin.vault",
    "running_sha256": "",
    "seal_wrap": False,
    "uuid": "2e3e773c-4e20-4389-1702-8e1fce347532",
}
SETTINGS_BY_PATH: Final = {one.path for one in SETTINGS}
_READ_IN: Final = {one.read_in: one.folder for one in LISTINGS if one.read_in}
_SETTING: Final = {"issuer": "", "provider_config": {}, "enabled": False}
_TOKEN: Final = {
    "token_explicit_max_ttl": 0,
    "token_num_uses": 0,
    "token_period": 0,
    "token_type": "default",
}
_ADDED: Final[Mapping[Kind, Body]] = {
    Kind.KUBERNETES_ROLE: {
        **_TOKEN,
        "alias_name_source": "serviceaccount_uid",
        "bound_service_account_namespace_selector": "",
    },
    Kind.APPROLE_ROLE: {**_TOKEN, "local_secret_ids": False},
    Kind.PROVISIONER_ROLE: {**_TOKEN, "local_secret_ids": False, "secret_id_num_uses": 0},
    Kind.OIDC_ROLE: {
        **_TOKEN,
        "bound_claims_type": "string",
        "bound_subject": "",
        "claim_mappings": None,
        "verbose_oidc_logging": False,
    },
    Kind.CONNECTION: {
        "disable_automated_rotation": False,
        "password_policy": "",
        "plugin_version": "",
        "root_credentials_rotate_statements": [],
        "rotation_period": 0,
        "rotation_schedule": "",
        "rotation_window": 0,
        "skip_static_role_import_rotation": False,
    },
    Kind.DATABASE_ROLE: {"credential_type": "password"},
    Kind.STATIC_ROLE: {
        "credential_type": "password",
        "last_vault_rotation": "2026-11-22T14:07:27Z",
        "rotation_statements": [],
        "skip_import_rotation": False,
    },
    Kind.AWS_ROLE: {"external_id": "", "iam_groups": None, "policy_arns": None, "user_path": ""},
    Kind.PKI_ROLE: {
        "allow_any_name": False,
        "cn_validations": ["email", "hostname"],
        "issuer_ref": "default",
        "not_before_duration": 30,
        "require_cn": True,
        "serial_number_source": "json-csr",
        "use_csr_common_name": True,
        "use_csr_sans": True,
    },
    Kind.RATE_LIMIT: {
        "name": "vaultstack",
        "type": "rate-limit",
        "path": "",
        "role": "",
        "block_interval": 0,
        "group_by": "ip",
        "inheritable": True,
        "secondary_rate": 0,
    },
}


_QUOTAS: Final = {
    "absolute_rate_limit_exempt_paths": None,
    "enable_rate_limit_audit_logging": False,
    "enable_rate_limit_response_headers": False,
    "rate_limit_exempt_paths": [
        "sys/generate-recovery-token/attempt",
        "sys/generate-recovery-token/update",
        "sys/generate-root/attempt",
        "sys/generate-root/update",
        "sys/health",
        "sys/seal-status",
        "sys/unseal",
    ],
}
_BEGINS: Final = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Ca:
    """A certificate authority with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @classmethod
    def named(
        cls, common_name: str, by: Ca | None = None, path_length: int = 0, o: str = "vaultstack"
    ) -> Ca:
        """Signed by another, or by itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        attributes = {NameOID.ORGANIZATION_NAME: o, NameOID.COMMON_NAME: common_name}
        subject = x509.Name([x509.NameAttribute(oid, text) for oid, text in attributes.items()])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(by.certificate.subject if by else subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_BEGINS)
            .not_valid_after(_BEGINS + dt.timedelta(days=90))
            .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
            .sign(by.key if by else key, hashes.SHA256())
        )
        return cls(certificate, key)

    def issuer(self, name: str = "", *, key: bool = True, **changed: Any) -> dict[str, Any]:
        """As Vault has it."""
        pem = self.certificate.public_bytes(Encoding.PEM).decode()
        return {
            "ca_chain": [pem],
            "certificate": pem,
            "enable_aia_url_templating": False,
            "issuer_id": "made up",
            "issuer_name": name,
            "issuing_certificates": [],
            "key_id": "made up" if key else "",
            "leaf_not_after_behavior": "err",
            "manual_chain": None,
            "revocation_signature_algorithm": "ECDSAWithSHA256" if key else "",
            "revoked": False,
            "usage": "crl-signing,issuing-certificates,ocsp-signing,read-only",
            **changed,
        }


@cache
def authorities_of(environment: Environment) -> tuple[Ca, Ca]:
    """The root, and what it signed."""
    root = Ca.named(f"vaultstack {environment.value} root CA", path_length=1)
    return root, Ca.named(f"vaultstack {environment.value} intermediate CA", root)


def settings(environment: Environment = Environment.PROD, **changed: Any) -> Stack:
    return stack.read(environment, {**GIVEN, **changed}) if changed else _settings(environment)


@cache
def _settings(environment: Environment) -> Stack:
    return stack.read(environment, GIVEN)


@cache
def whole_plan(environment: Environment) -> Plan:
    return compile_plan(MATRIX, environment)


def plan_of(settings: Stack) -> Plan:
    return effective(whole_plan(settings.environment), settings)


def matching(settings: Stack, version: str = VERSION) -> Live:
    """What Vault says when all is as it should be."""
    wanted = expected(plan_of(settings), settings)
    folders: dict[str, dict[str, Body | None] | None] = {one.folder: {} for one in LISTINGS}
    for kind in FOLDERS:
        folders[kind.where] = {
            name: {"name": name, "policy": body["hcl"]}
            if kind is Kind.ACL_POLICY
            else {**_ADDED.get(kind, {}), **copy.deepcopy(dict(body))}
            for name, body in wanted.get(kind, {}).items()
        }
    root, intermediate = authorities_of(settings.environment)
    folders[Kind.ROOT_ISSUER.where] = {"0": root.issuer("root")}
    folders[Kind.ISSUER.where] = {"1": root.issuer(key=False), "2": intermediate.issuer()}
    folders[Kind.OIDC_KEY.where] = {"default": {}}
    folders[Kind.OIDC_PROVIDER.where] = {"default": {}}
    folders[Kind.OIDC_ASSIGNMENT.where] = {"allow_all": {}}
    policies = folders[inspection.ACL_POLICIES]
    assert policies is not None
    policies |= {"default": {"name": "default", "policy": 'path "cubbyhole/*" {}'}}
    policies |= {"root": {"name": "root", "policy": ""}}
    mounts: dict[str, Body] = {f"{name}/": {**_MOUNT, "type": name} for name in _OWN_MOUNTS}
    mounts |= {f"{name}/": {**_MOUNT, **body} for name, body in wanted[Kind.MOUNT].items()}
    auth: dict[str, Body] = {"token/": {**_MOUNT, "type": "token"}}
    for name, body in wanted[Kind.AUTH].items():
        config = {**body["config"], "token_type": "default-service", "force_no_cache": False}
        auth[f"{name}/"] = {**_MOUNT, **body, "config": config}
    audit = {
        f"{name}/": {**body, "path": f"{name}/", "local": False, "description": "Every access"}
        for name, body in wanted[Kind.AUDIT_DEVICE].items()
    }
    told = {path: {**_SETTING, **body} for path, body in wanted[Kind.SETTING].items()}
    told["sys/quotas/config"] = _QUOTAS
    return Live(version, mounts, auth, audit, told, folders, Tokens((), 0), (), 0)


def with_object(live: Live, kind: Kind, name: str, body: Body | None) -> Live:
    """One more, or another."""
    folder = {**(live.folders[kind.where] or {}), name: body}
    return replace(live, folders={**live.folders, kind.where: folder})


def without(live: Live, kind: Kind, name: str) -> Live:
    folder = {one: body for one, body in (live.folders[kind.where] or {}).items() if one != name}
    return replace(live, folders={**live.folders, kind.where: folder})


def body_of(live: Live, kind: Kind, name: str) -> dict[str, Any]:
    found = (live.folders[kind.where] or {})[name]
    assert found is not None
    return dict(found)


class Served:
    """A Vault over HTTP: what is asked of it, and what it says."""

    def __init__(self, live: Live, accessors: Mapping[str, Body] | None = None) -> None:
        self.live, self.accessors = live, dict(accessors or {})
        self.asked: list[tuple[str, str]] = []
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        """(Method, path) -> what is said instead."""
        self.sealed, self.initialised = False, True

    def answer(  # noqa: C901 - one case for each endpoint
        self, method: str, path: str, body: Mapping[str, Any]
    ) -> tuple[int, Any]:
        self.asked.append((method, path))
        if said := self.answers.get((method, path)):
            return said
        match method, path:
            case "GET", "sys/seal-status":
                state = {"initialized": self.initialised, "sealed": self.sealed}
                return 200, {**state, "version": self.live.version}
            case "GET", inspection.MOUNTS:
                return 200, {"data": self.live.mounts}
            case "GET", inspection.AUTH_MOUNTS:
                return 200, {"data": self.live.auth}
            case "GET", inspection.AUDIT:
                return 200, {"data": self.live.audit}
            case "GET", "auth/token/lookup-self":
                return 200, {"data": {"ttl": 60}}
            case "LIST", inspection.ACCESSORS:
                return 200, {"data": {"keys": list(self.accessors)}}
            case "GET", _ if path in SETTINGS_BY_PATH:
                told = self.live.settings.get(path)
                return (200, {"data": told}) if told is not None else (404, {"errors": []})
            case "POST", inspection.LOOKUP:
                found = self.accessors.get(str(body["accessor"]))
                return (200, {"data": found}) if found else (403, {"errors": ["invalid accessor"]})
            case "POST", "auth/kubernetes/login" | "auth/ci/login":
                return 200, {"auth": {"client_token": "hvs.own-hidden"}}
            case "POST", "auth/token/revoke-self":
                return 204, None
            case "LIST", _:
                names = list(self.live.folders.get(path) or {})
                return (200, {"data": {"keys": names}}) if names else (404, {"errors": []})
        folder, _, name = path.rpartition("/")
        folder = _READ_IN.get(folder, folder)
        found = (self.live.folders.get(folder) or {}).get(name)
        return (200, {"data": found}) if found is not None else (404, {"errors": []})


@contextmanager
def serving(served: Served) -> Iterator[str]:
    """Its address."""

    def answer(asked: Asked) -> tuple[int, object]:
        path = asked.path.removeprefix("/v1/").strip("/")
        return served.answer(asked.method, path, asked.body)

    with answering(json_handler(answer)) as address:
        yield address
