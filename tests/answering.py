"""An HTTP server of a test's own, on the loopback address."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

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
