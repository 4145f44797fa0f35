"""A small Vault on the loopback address: one login, entries, database users, outages on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hvs.token-of-the-fake"


@dataclass
class FakeVault:
    """What it holds. Tests change it while it runs."""

    entries: dict[str, tuple[datetime, Mapping[str, str]]] = field(default_factory=dict)
    denied: set[str] = field(default_factory=set)
    sealed: bool = False
    users_live_seconds: int = 3600
    users: list[tuple[str, str]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""

    def write(self, path: str, created: datetime | None = None, /, **values: str) -> None:
        self.entries[path] = (created or datetime.now(UTC), values)

    def answer(self, method: str, path: str, token: str | None) -> tuple[int, dict[str, Any]]:
        self.asked.append((method, path))
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if path == "auth/kubernetes/login":
            auth = {"client_token": TOKEN, "lease_duration": 3600, "renewable": True}
            return 200, {"auth": auth}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if path in self.denied:
            return 403, {"errors": ["1 error occurred:\n\t* permission denied\n\n"]}
        if path == "auth/token/revoke-self":
            return 204, {}
        if path.startswith("auth/token/"):
            return 200, {"data": {"ttl": 3600}, "auth": {"lease_duration": 3600}}
        if path.startswith("database/creds/"):
            number = len(self.users)
            self.users.append((f"v-user-{number}", f"p/{number}@: made-by-vault"))
            username, password = self.users[-1]
            return 200, {
                "lease_id": f"{path}/{number}",
                "lease_duration": self.users_live_seconds,
                "renewable": False,
                "data": {"username": username, "password": password},
            }
        created, values = self.entries.get(path.removeprefix("secret/data/"), (None, {}))
        if created is None:
            return 404, {"errors": []}
        metadata = {"version": 1, "created_time": created.isoformat(), "deletion_time": ""}
        return 200, {"data": {"data": dict(values), "metadata": metadata}}


@contextmanager
def served() -> Iterator[FakeVault]:
    vault = FakeVault()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            self.rfile.read(length)
            path = self.path.partition("?")[0].removeprefix("/v1/")
            code, body = vault.answer(self.command, path, self.headers.get("X-Vault-Token"))
            content = json.dumps(body).encode() if body else b""
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_GET  # noqa: N815 - as the library calls them

        def log_message(self, *arguments: Any) -> None:
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    vault.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield vault
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
