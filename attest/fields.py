"""Two bodies of one object, field by field: what was declared, and what Vault says.

A field that nobody declared must be what Vault itself puts there: nothing, or the default that is
listed here. So what a newer Vault adds passes while it is empty, and is told once it says
something.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from attest.kinds import Kind
from attest.live import Body


@dataclass(frozen=True, slots=True)
class Detail:
    """What differs of one object. Texts; empty where there is nothing."""

    what: str
    """A field, in Vault's words; of an ACL policy what is gained or lost."""
    declared: str
    live: str


# What Vault says of an object that nobody can declare: what it is called there, when it last ran.
_OWN: Final[Mapping[Kind, frozenset[str]]] = {
    kind: frozenset(
        {
            "accessor",
            "uuid",
            "deprecation_status",
            "running_plugin_version",
        }
    )
    for kind in (Kind.MOUNT, Kind.AUTH)
} | {
    Kind.CONNECTION: frozenset({"running_plugin_version"}),
    Kind.STATIC_ROLE: frozenset({"last_vault_rotation", "ttl"}),
    Kind.GCP_ACCOUNT: frozenset({"service_account_project"}),
    Kind.RATE_LIMIT: frozenset({"name"}),
    # Known by what it is (`authorities`); how its CRL is signed follows from its key.
    **dict.fromkeys(
        (Kind.ISSUER, Kind.ROOT_ISSUER),
        frozenset(
            {
                "ca_chain",
                "certificate",
                "issuer_id",
                "issuer_name",
                "key_id",
                "revocation_signature_algorithm",
            }
        ),
    ),
    # It says how a reader finds it, and is worded by the program.
    Kind.AUDIT_DEVICE: frozenset({"path", "description"}),
}
_IN_CLEAR: Final = "in clear"
_NAMES: Final = re.compile(
    r"config\.(allowed_response_headers|audit_non_hmac_re(quest|sponse)_keys"
    r"|passthrough_request_headers)"
)
"""Of headers and keys. None has an empty name, and Pulumi's provider writes one for none."""
_CLAIMS: Final = "bound_claims."
"""Of which one value is written as a text or as a list."""
_ISSUER: Final = {"leaf_not_after_behavior": "err"}
_TOKEN: Final = {"token_type": "default"}
_DEFAULTS: Final[Mapping[Kind, Mapping[str, Any]]] = {
    Kind.AUTH: {"config.token_type": "default-service"},
    # All of them, by field: no two mean another thing by the same word.
    Kind.SETTING: {
        "disable_iss_validation": True,
        "namespace_in_state": True,
        "allowed_issuers": ["*"],
        "allowed_roles": ["*"],
        "default_directory_policy": "sign-verbatim",
        "eab_policy": "not-required",
        "max_ttl": 90 * 24 * 3600,
        "rate_limit_exempt_paths": [
            "sys/generate-recovery-token/attempt",
            "sys/generate-recovery-token/update",
            "sys/generate-root/attempt",
            "sys/generate-root/update",
            "sys/health",
            "sys/seal-status",
            "sys/unseal",
        ],
        **{
            f"headers.{name}.hmac": _IN_CLEAR
            for name in ("correlation-id", "user-agent", "x-correlation-id")
        },
    },
    Kind.KUBERNETES_ROLE: {**_TOKEN, "alias_name_source": "serviceaccount_uid"},
    Kind.APPROLE_ROLE: _TOKEN,
    Kind.PROVISIONER_ROLE: _TOKEN,
    Kind.OIDC_ROLE: {**_TOKEN, "bound_claims_type": "string"},
    Kind.DATABASE_ROLE: {"credential_type": "password"},
    Kind.STATIC_ROLE: {"credential_type": "password"},
    Kind.AZURE_ROLE: {"sign_in_audience": "AzureADMyOrg"},
    Kind.ISSUER: _ISSUER,
    Kind.ROOT_ISSUER: _ISSUER,
    Kind.RATE_LIMIT: {"type": "rate-limit", "inheritable": True, "group_by": "ip"},
    Kind.PKI_ROLE: {
        "cn_validations": ["email", "hostname"],
        "issuer_ref": "default",
        "not_before_duration": 30,
        "require_cn": True,
        "serial_number_source": "json-csr",
        "use_csr_common_name": True,
        "use_csr_sans": True,
    },
}


def details(kind: Kind, declared: Body, live: Body) -> tuple[Detail, ...]:
    """Where they differ, by field."""
    return tuple(_details(kind, declared, live))


def _details(kind: Kind, declared: Body, live: Body) -> Iterator[Detail]:
    wanted, there = dict(_flat(declared)), dict(_flat(live))
    defaults, own = _DEFAULTS.get(kind, {}), _OWN.get(kind, frozenset())
    for field in sorted(wanted.keys() | there.keys()):
        if field in own:
            continue
        before = _plain(_meant(field, wanted.get(field, defaults.get(field))))
        after = _plain(_meant(field, there.get(field)))
        # Of a default that an older Vault does not speak of nothing is said.
        if field not in there and field not in wanted:
            continue
        if before != after:
            yield Detail(field, _written(before), _written(after))


def _flat(body: Body, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Objects within it as fields of their own: `config.max_lease_ttl`."""
    for key, value in body.items():
        if isinstance(value, Mapping) and value:
            yield from _flat(value, f"{prefix}{key}.")
        elif key == "hmac":
            # Of a header in the audit log `false` is not nothing.
            yield f"{prefix}{key}", "hashed" if value else _IN_CLEAR
        else:
            yield f"{prefix}{key}", value


def _meant(field: str, value: Any) -> Any:
    """What Vault makes of it, where it may be written in several ways."""
    if field.startswith(_CLAIMS) and isinstance(value, str):
        return [value]
    if _NAMES.fullmatch(field) and value == [""]:
        return []
    return value


def _plain(value: Any) -> Any:
    """Alike where it means the same: in whatever order, with nothing as one thing."""
    match value:
        case None | "" | False | 0 | [] | {}:
            return None
        case bool():
            return value
        case float() if value.is_integer():
            return int(value)
        case list() | tuple():
            plain = [_plain(one) for one in value]
            return sorted(plain, key=repr)
        case Mapping():
            # Of an assignment Vault adds what Azure calls it.
            return {key: _plain(one) for key, one in value.items() if key != "role_id"}
        case str() if value.startswith("-----BEGIN"):
            return value.strip()
        case str() if value.startswith("{"):
            try:
                return json.loads(value)
            except ValueError:
                return value
        case _:
            return value


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case True:
            return "yes"
        case list():
            return "\n".join(map(_written, value))
        case str() | int() | float():
            return str(value)
        case _:
            return json.dumps(value, sort_keys=True)
