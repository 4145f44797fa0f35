"""A little Vault on a loopback port: KV v2 as far as the importer asks it, and refusals to order.

tests/live/test_migration.py asks a real one the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.answering import answering

TOKEN = "the-tests-token"


@dataclass
class FakeVault:
    address: str = ""
    entries: dict[str, list[dict[str, str] | None]] = field(default_factory=dict)
    """Path below the mount -> its versions; None where it was deleted."""
    policies: list[str] = field(default_factory=lambda: ["root"])
    denied: set[tuple[str, str]] = field(default_factory=set)
    """Methods and paths that are refused."""
    broken: bool = False
    sends_to: str = ""
    """Another server's address, where every request is redirected to."""
    passwords: list[str | None] = field(default_factory=list)
    """What each request had as `Authorization`, which is nothing of Vault's."""
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path, _ in self.asked if method != "GET"]

    def answer(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        self.asked.append((method, path, body))
        if self.broken:
            return 503, {"errors": ["Vault is sealed"]}
        if (method, path) in self.denied:
            return 403, {"errors": ["permission denied"]}
        if path == "auth/token/lookup-self":
            return 200, {"data": {"policies": self.policies}}
        _, kind, name = path.split("/", 2)
        versions = self.entries.get(name, [])
        if method == "GET":
            return self._read(kind, versions)
        if body["options"]["cas"] != len(versions):
            return 400, {"errors": ["check-and-set parameter did not match the current version"]}
        latest = (versions[-1] if versions else None) or {}
        if method == "PATCH" and not latest:
            return 404, {"errors": []}
        kept = latest if method == "PATCH" else {}
        self.entries[name] = [*versions, kept | body["data"]]
        return 200, {"data": {"version": len(versions) + 1}}

    @staticmethod
    def _read(kind: str, versions: list[dict[str, str] | None]) -> tuple[int, Any]:
        if not versions:
            return 404, {"errors": []}
        if kind == "metadata":
            return 200, {"data": {"current_version": len(versions)}}
        metadata = {"version": len(versions)}
        status = 200 if versions[-1] is not None else 404
        return status, {"data": {"data": versions[-1], "metadata": metadata}}


@contextmanager
def fake_vault() -> Iterator[FakeVault]:
    vault = FakeVault()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = self.path.removeprefix("/v1/")
            vault.passwords.append(self.headers.get("Authorization"))
            if vault.sends_to:
                self.send_response(307)
                self.send_header("Location", f"{vault.sends_to}{self.path}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if self.headers.get("X-Vault-Token") != TOKEN:
                status, body = 403, {"errors": ["permission denied"]}
            else:
                status, body = vault.answer(self.command, path, json.loads(text or "{}"))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _do  # noqa: N815 - the server's own names

        def log_message(self, *_: object) -> None:
            """No access log among the tests' output."""

    with answering(Handler) as vault.address:
        yield vault
