"""HTTP servers of a test's own, on the loopback address: any, and one that speaks JSON."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

_LOOK_FOR_THE_END_EVERY: Final = 0.01  # seconds


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a connection that a test leaves open must not keep the run from ending


@contextmanager
def answering(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Its address, for as long as it answers."""
    with _Server(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(_LOOK_FOR_THE_END_EVERY,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    """With its query."""
    body: dict[str, Any]
    """Empty where there was none."""
    token: str
    """Vault's; empty where there was none."""


def json_handler(
    answer: Callable[[Asked], tuple[int, object]],
) -> type[BaseHTTPRequestHandler]:
    """Answers every request with a status and what is said, None for an empty answer."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # else headers and body go apart, and wait for each other

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length) or b"{}")
            token = self.headers.get("X-Vault-Token", "")
            status, said = answer(Asked(self.command, self.path, body, token))
            data = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_LIST = _serve  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
