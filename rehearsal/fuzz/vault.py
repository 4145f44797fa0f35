"""A throwaway Vault that is asked what it decides: policies written, tokens made, answers read.

It keeps nothing and has one asker. Who its tokens can be made for is the business of `people`.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum, unique
from pathlib import Path

from rehearsal.errors import RehearsalError
from rehearsal.fuzz.connection import Connection, Reply
from rehearsal.ports import free_port
from rehearsal.servers import vault
from rehearsal.supervisor import Supervisor

ROLE = "holder"
"""The token role that makes tokens for entities."""
KV, PKI = "kv", "pki"
"""Mounts of these types, beside `cubbyhole`, which is always there."""
_CONFIG = """
disable_mlock = true
storage "inmem" {{}}
listener "tcp" {{
  address     = "127.0.0.1:{port}"
  tls_disable = true
}}
"""


@unique
class TokenType(StrEnum):
    BATCH = "batch"
    """Costs Vault nothing to keep, but has no cubbyhole."""
    SERVICE = "service"


@dataclass(frozen=True, slots=True)
class Oracle:
    """A Vault that answers, and who may ask it everything."""

    connection: Connection = field(repr=False)
    root: str = field(repr=False)

    def write_policy(self, name: str, text: str) -> Reply:
        """Vault's answer, be it a refusal. In base64, as Vault decodes a text that looks so.
        Raises `RehearsalError` where none comes, with the text: it may be what Vault panicked at.
        """
        body = {"policy": base64.b64encode(text.encode()).decode()}
        try:
            return self.connection.call("PUT", f"sys/policies/acl/{name}", self.root, body)
        except RehearsalError as error:
            raise RehearsalError(f"{error}; the policy was {text!r}") from error

    def write_policies(self, texts: Mapping[str, str]) -> None:
        """Raises `RehearsalError` where Vault refuses one."""
        for name, text in texts.items():
            self.write_policy(name, text).require(f"policy {name}")

    def read_policy(self, name: str) -> str:
        reply = self.connection.call("GET", f"sys/policies/acl/{name}", self.root)
        return str(reply.require(f"policy {name}")["data"]["policy"])

    def token(
        self,
        policies: Sequence[str],
        *,
        default: bool = False,
        alias: str = "",
        kind: TokenType = TokenType.BATCH,
    ) -> str:
        """A token with exactly these policies; `default` adds Vault's own, `alias` those of an
        entity.
        """
        body = {
            # Without any it would get those of the one who makes it.
            "policies": list(policies) or ["there-is-none-of-this-name"],
            "no_default_policy": not default,
            "type": kind,
            "ttl": "20m",
        } | ({"entity_alias": alias} if alias else {})
        path = f"auth/token/create/{ROLE}" if alias else "auth/token/create"
        made = self.connection.call("POST", path, self.root, body).require("a token")
        return str(made["auth"]["client_token"])

    def empty_kv(self) -> None:
        """Leave nothing there that an earlier round wrote."""
        for method, body in (("DELETE", None), ("POST", {"type": KV})):
            self.connection.call(method, f"sys/mounts/{KV}", self.root, body).require(KV)

    def capabilities(self, token: str, paths: Sequence[str]) -> Reply:
        """What `sys/capabilities` answers; `data` has an answer for each path."""
        body = {"token": token, "paths": paths}
        return self.connection.call("POST", "sys/capabilities", self.root, body)


@contextmanager
def started(supervisor: Supervisor, binary: Path) -> Iterator[Oracle]:
    """A Vault, unsealed, with the mounts that are asked about. Raises `RehearsalError`."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    vault.start(supervisor, binary, _CONFIG.format(port=port), address, name="oracle")
    connection = Connection(address)
    try:
        yield _ready(connection)
    finally:
        connection.close()


def _ready(connection: Connection) -> Oracle:
    one_share = {"secret_shares": 1, "secret_threshold": 1}
    keys = connection.call("PUT", "sys/init", "", one_share).require("the initialisation")
    unsealing = {"key": keys["keys"][0]}
    connection.call("PUT", "sys/unseal", "", unsealing).require("the unsealing")
    root = str(keys["root_token"])
    for kind in (KV, PKI):
        connection.call("POST", f"sys/mounts/{kind}", root, {"type": kind}).require(kind)
    role = {"allowed_entity_aliases": ["*"], "orphan": True}
    connection.call("POST", f"auth/token/roles/{ROLE}", root, role).require("a token role")
    return Oracle(connection, root)
