"""A server that is sealed because its role lost the right to decrypt: KMS says who it is, and no.

A proxy stands between that one server and KMS while the server is started anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import requests

from rehearsal.drill.cluster import HEALS_WITHIN
from rehearsal.errors import NotYet
from rehearsal.ports import LOOPBACK
from rehearsal.rolling_drill.ground import Ground
from rehearsal.supervisor import wait_until, write_private
from rehearsal.vault_api import VaultApi

_DECRYPT: Final = "TrentService.Decrypt"
_NO: Final = b'{"__type":"AccessDeniedException","message":"the role may not kms:Decrypt"}'


@contextmanager
def sealed_server(ground: Ground, name: str) -> Iterator[None]:
    """From entering to leaving; afterwards it unseals itself. Raises `RehearsalError`."""
    kms = ground.stood.scene.aws.url
    config = ground.supervisor.folder / name / "vault" / "config" / "server.hcl"
    text = config.read_text()
    with _denying(kms) as proxy, ground.cluster() as cluster:
        assert kms in text, "the servers are told of KMS in their configuration"
        write_private(config, text.replace(kms, proxy))
        cluster.kill(name)
        ground.pods.again(name)
        api = VaultApi(ground.node.server(name).address, str(ground.pods.ca_file))

        def sealed() -> None:
            if not api.call("GET", "sys/seal-status").body.get("sealed"):
                raise NotYet("it is unsealed")

        wait_until(sealed, awaited=f"{name} to be sealed", patience=HEALS_WITHIN)
        try:
            yield
        finally:
            write_private(config, text)
    with ground.cluster() as cluster:
        cluster.kill(name)
        ground.pods.again(name)


@contextmanager
def _denying(kms: str) -> Iterator[str]:
    """The proxy's URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("X-Amz-Target") == _DECRYPT:
                self._answer(400, _NO)
                return
            passed_on = {k: v for k, v in self.headers.items() if k.lower() != "host"}
            answer = requests.post(kms, data=body, headers=passed_on, timeout=10)
            self._answer(answer.status_code, answer.content)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Of no interest."""

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, name="denying KMS")
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
