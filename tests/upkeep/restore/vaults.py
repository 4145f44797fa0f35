"""A Vault that is restored into, as far as the command speaks to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from tests.answering import answering
from tests.jobs.archives import snapshot

OWN: Final = "99999999-aaaa-bbbb-cccc-dddddddddddd"
ROOT: Final = "root-hidden"


@dataclass
class Target:
    cluster_id: str = OWN
    initialised: bool = True
    sealed: bool = False
    leads: bool = True
    becomes: str = "11111111-2222-3333-4444-555555555555"
    """Which cluster it is after a restore; empty: it is sealed then."""
    mounts: list[str] = field(default_factory=lambda: ["cubbyhole/", "identity/", "sys/"])
    methods: list[str] = field(default_factory=lambda: ["token/"])
    policies: list[str] = field(default_factory=lambda: ["default", "root"])
    own: bytes = field(default_factory=snapshot)
    """A snapshot of itself."""
    voters: list[str] = field(default_factory=lambda: ["vault-0", "vault-1"])
    """As many as `archives.snapshot` names; vault-9 has not joined yet."""
    refuses: str = ""
    restored: list[tuple[str, bytes]] = field(default_factory=list)
    """Path, content."""
    url: str = ""

    def answer(self, path: str) -> tuple[int, dict[str, Any]]:
        match path:
            case "sys/health":
                told = {
                    "initialized": self.initialised,
                    "sealed": self.sealed,
                    "cluster_id": self.cluster_id,
                    "version": "1.21.0",
                }
                status = 501 if not self.initialised else 503 if self.sealed else 200
                return (status if status != 200 or self.leads else 429), told
            case "sys/mounts":
                return 200, {"data": {name: {} for name in self.mounts}}
            case "sys/auth":
                return 200, {"data": {name: {} for name in self.methods}}
            case "sys/policies/acl":
                return 200, {"data": {"keys": self.policies}}
            case "sys/storage/raft/autopilot/state":
                servers = {name: {"healthy": True, "status": "voter"} for name in self.voters}
                servers |= {
                    "vault-8": {"healthy": False, "status": "voter"},
                    "vault-9": {"healthy": True, "status": "non-voter"},
                }
                return 200, {"data": {"servers": servers}}
            case "auth/token/lookup-self":
                return 200, {"data": {}}
        return 404, {"errors": [f"no {path}"]}


@contextmanager
def serving(target: Target) -> Iterator[Target]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            path = self.path.removeprefix("/v1/").partition("?")[0]
            if path != "sys/health" and self.headers["X-Vault-Token"] != ROOT:
                self._answer(403, {"errors": ["permission denied"]})
            elif path.startswith("sys/storage/raft/snapshot"):
                self._snapshot(path, body)
            else:
                self._answer(*target.answer(path))

        def _snapshot(self, path: str, body: bytes) -> None:
            if self.command == "GET":
                self._send(200, target.own)
            elif target.refuses:
                self._answer(400, {"errors": [target.refuses]})
            else:
                target.restored.append((path, body))
                target.sealed = not target.becomes
                target.cluster_id = target.becomes
                self._answer(204, None)

        def _answer(self, status: int, content: dict[str, Any] | None) -> None:
            self._send(status, json.dumps(content).encode() if content is not None else b"")

        def _send(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_POST = do_LIST = _serve  # noqa: N815

    with answering(Handler) as target.url:
        yield target
