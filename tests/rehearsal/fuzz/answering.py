"""A Vault that is none: it answers by `policies.acl`, so that comparisons can be tried without a
server.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from policies.acl import Acl, Operation, Request
from policies.hcl import parse
from rehearsal.fuzz.connection import Connection, Reply
from rehearsal.fuzz.vault import Oracle

_OPERATIONS = {
    "GET": Operation.READ,
    "LIST": Operation.LIST,
    "DELETE": Operation.DELETE,
    "PATCH": Operation.PATCH,
}


class Answering(Connection):
    """Tokens are the names of policies; `kept` is what is in the kv mount."""

    def __init__(self) -> None:
        self.policies = dict[str, str]()
        self.kept = set[str]()
        self.asked = list[tuple[str, str, Any, Mapping[str, str], str]]()

    def call(
        self,
        method: str,
        path: str,
        token: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> Reply:
        if path.startswith("sys/") or path == "auth/token/create":
            return self._of_system(path, body)
        if token == "root":
            (self.kept.discard if method == "DELETE" else self.kept.add)(path)
            return Reply(204, b"")
        self.asked.append((method, path, body, headers or {}, query))
        wrap_ttl = (headers or {}).get("X-Vault-Wrap-TTL")
        operation = _OPERATIONS.get(method, Operation.UPDATE)
        if method == "PUT" and path.startswith("kv/") and path not in self.kept:
            operation = Operation.CREATE
        data = body or {name: value for name, _, value in map(_parted, query.split("&")) if name}
        request = Request(operation, path, data, float(wrap_ttl) if wrap_ttl else None)
        return Reply(404 if self._acl(token).decide(request).allowed else 403, b"")

    def _of_system(self, path: str, body: Any) -> Reply:
        if path == "auth/token/create":
            return _ok({"auth": {"client_token": ",".join(body["policies"])}})
        if path == "sys/capabilities":
            acl = self._acl(body["token"])
            return _ok({"data": {one: list(acl.capabilities(one)) for one in body["paths"]}})
        raise AssertionError(path)

    def _acl(self, token: str) -> Acl:
        names = [name for name in token.split(",") if name in self.policies]
        return Acl.of({name: parse(self.policies[name]) for name in names})


class Answerer(Oracle):
    """As an oracle, with policies that it keeps as texts."""

    def write_policies(self, texts: Mapping[str, str]) -> None:
        assert isinstance(self.connection, Answering)
        self.connection.policies |= texts

    @classmethod
    def new(cls) -> tuple[Answerer, Answering]:
        connection = Answering()
        return cls(connection, "root"), connection


def _ok(body: Mapping[str, Any]) -> Reply:
    return Reply(200, msgspec.json.encode(body))


def _parted(text: str) -> tuple[str, str, str]:
    return text.partition("=")
