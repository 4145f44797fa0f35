"""Vault servers in memory, over HTTPS: what each says for itself, and the leader of all."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from rehearsal.certificates import Authority
from tests.answering import Asked, json_handler

Json = dict[str, Any]
TOKEN: Final = "an operator's token"


@dataclass
class Vault:
    """One server. Not running, it refuses connections."""

    name: str
    version: str = "1.20.4"
    leads: bool = False
    sealed: bool = False
    status: int = 200
    """Of every answer."""
    cluster: Vaults | None = field(default=None, repr=False)
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def answer(self, method: str, path: str, token: str) -> tuple[int, Json]:
        assert self.cluster
        self.asked.append((method, path, token))
        if self.status != 200:
            return self.status, {"errors": ["as ordered"]}
        if path == "/v1/sys/seal-status":
            said = {"type": "awskms", "initialized": True, "version": self.version}
            return 200, {**said, "sealed": self.sealed}
        if path == "/v1/sys/leader":
            leader = self.cluster.leader
            indexes = {"raft_committed_index": 7, "raft_applied_index": 7}
            return 200, {"is_self": self.leads, "leader_address": leader, **indexes}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        if path == "/v1/sys/step-down":
            self.cluster.hand_over()
            return 204, {}
        healthy = {name: {"healthy": not one.sealed} for name, one in self.cluster.by_name.items()}
        return 200, {"data": {"voters": list(healthy), "servers": healthy}}


@dataclass
class Vaults:
    by_name: dict[str, Vault]
    addresses: dict[str, SplitResult] = field(default_factory=dict)
    ca_file: Path = Path()

    @property
    def leader(self) -> str:
        return next((name for name, one in self.by_name.items() if one.leads), "")

    @property
    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.ca_file))

    def hand_over(self) -> None:
        """To the next."""
        names = list(self.by_name)
        before = self.leader
        self.by_name[before].leads = False
        self.by_name[names[(names.index(before) + 1) % len(names)]].leads = True


@contextmanager
def serving_vaults(folder: Path, number: int = 3) -> Iterator[Vaults]:
    vaults = Vaults({f"vault-{n}": Vault(f"vault-{n}", leads=n == 0) for n in range(number)})
    authority = Authority.create("tests")
    pair = authority.issue("127.0.0.1")
    vaults.ca_file = folder / "ca.pem"
    vaults.ca_file.write_text(authority.certificate_pem)
    (folder / "tls.crt").write_text(pair.certificate_pem)
    (folder / "tls.key").write_text(pair.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    servers = []
    for name, vault in vaults.by_name.items():
        vault.cluster = vaults
        server = _Server(("127.0.0.1", 0), _handler(vault))
        server.socket = context.wrap_socket(server.socket, server_side=True)
        vaults.addresses[name] = urlsplit(f"https://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        servers.append(server)
    try:
        yield vaults
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that does not trust us, or has gone."""


def _handler(vault: Vault) -> type[BaseHTTPRequestHandler]:
    def answer(asked: Asked) -> tuple[int, object]:
        status, content = vault.answer(asked.method, asked.path, asked.token)
        return status, None if status == HTTPStatus.NO_CONTENT else content

    return json_handler(answer)
