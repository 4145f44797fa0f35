"""What the dynamic resources of first contact are told, as Pulumi hands it over."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import hvac

from components.bootstrap import ceremony


@dataclass(frozen=True, slots=True)
class Properties:
    """The resource's inputs as Pulumi hands them over: numbers may come as floats."""

    raw: Mapping[str, Any]

    def connect(self) -> hvac.Client:
        """A client without a token, of a Vault that answers."""
        client = ceremony.connect(self.raw["address"], self.raw["ca_cert_file"] or None)
        ceremony.wait_until_answering(client, self.timeout_seconds)
        return client

    @property
    def timeout_seconds(self) -> float:
        return float(self.raw["timeout_seconds"])

    @property
    def secret_id_ttl_seconds(self) -> int:
        return int(self.raw["secret_id_ttl_seconds"])

    @property
    def auto_unseal(self) -> bool:
        return bool(self.raw["auto_unseal"])

    @property
    def pgp_keys(self) -> list[str]:
        return list(self.raw["pgp_keys"])

    @property
    def ci_login(self) -> str:
        """What `ci_login.described` says; empty where the provisioner logs in by AppRole."""
        return str(self.raw.get("ci_login") or "")

    @property
    def teams(self) -> dict[str, str]:
        """The provisioners of teams, with their ACL policies."""
        return teams_in(self.raw)

    @property
    def bound_cidrs(self) -> list[str]:
        return list(self.raw["bound_cidrs"])


def plain(value: Any) -> Any:
    """`diff` is handed secrets in their wire form."""
    return value["value"] if isinstance(value, Mapping) else value


def changed_of(keys: Iterable[str], olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
    """What differs. An input that an earlier version did not have is as if it was empty."""
    return {key for key in keys if (plain(olds.get(key)) or None) != (plain(news.get(key)) or None)}


def teams_in(properties: Mapping[str, Any]) -> dict[str, str]:
    """Those that inputs or a state name; an earlier version's state names none."""
    text = str(properties.get("teams") or "")
    return json.loads(text) if text else {}


INPUTS = (
    "acl",
    "address",
    "auto_unseal",
    "bound_cidrs",
    "ca_cert_file",
    "ci_login",
    "pgp_keys",
    "secret_id_ttl_seconds",
    "share_count",
    "share_threshold",
    "teams",
    "timeout_seconds",
)

ADOPTION_INPUTS = (
    "acl",
    "address",
    "bound_cidrs",
    "ca_cert_file",
    "ci_login",
    "given_role_id",
    "given_secret_id",
    "secret_id_ttl_seconds",
    "teams",
    "timeout_seconds",
)
