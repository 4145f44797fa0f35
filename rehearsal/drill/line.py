"""HTTPS requests to one server over connections that are kept, and why a request failed in words
that can be counted.

It deliberately neither retries nor follows redirects, and costs little CPU: it shares two cores
with the servers that it measures.
"""

from __future__ import annotations

import http.client
import json
import ssl
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

_PHRASES: Final = {
    "active cluster node not found": "500 no leader",
    "forwarding": "500 forwarding failed",
    "Vault is sealed": "503 sealed",
    "unable to store logs": "500 disk",
    "leadership lost": "500 leadership lost",
    "node is not the leader": "500 leadership lost",
    "raft is already shutdown": "500 shutting down",
    "context canceled": "500 cancelled",
    "audit": "500 audit",
}


class CallFailedError(Exception):
    """A request that got no answer, or none of success. `str()` says why, in few words."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of any status. `body` may hold secrets, so it is not part of the representation."""

    status: int
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else {}


class Line:
    """Connections to one server, as many as there are requests at once. For several threads."""

    def __init__(
        self, name: str, address: str, trust: ssl.SSLContext, token: str, timeout: float
    ) -> None:
        """`name`: the server's. `timeout`: seconds for each of connecting and answering."""
        self.name = name
        parts = urlsplit(address)
        self._host, self._port = parts.hostname or "", parts.port
        self._trust, self._timeout = trust, timeout
        self._headers = {"X-Vault-Token": token} if token else {}
        self._idle: deque[http.client.HTTPSConnection] = deque()

    def ask(self, method: str, path: str, body: Any = None, timeout: float | None = None) -> Reply:
        """One request; every status is an answer. Raises `CallFailedError` where there was none."""
        patience = self._timeout if timeout is None else timeout
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self.connect()
        connection.timeout = patience
        if connection.sock is not None:
            connection.sock.settimeout(patience)
        try:
            data = None if body is None else json.dumps(body).encode()
            connection.request(method, f"/v1/{path}", data, self._headers)
            response = connection.getresponse()
            reply = Reply(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self.close()  # what was kept is as old as what just failed
            raise CallFailedError(_why_none(error)) from None
        self._idle.append(connection)
        return reply

    def connect(self) -> http.client.HTTPSConnection:
        """A new connection, which is opened by its first request."""
        return http.client.HTTPSConnection(self._host, self._port, context=self._trust)

    def call(self, method: str, path: str, body: Any = None, timeout: float | None = None) -> Any:
        """One request that must succeed; the parsed answer. Raises `CallFailedError`."""
        reply = self.ask(method, path, body, timeout)
        if not 200 <= reply.status < 300:
            raise CallFailedError(why_refused(reply), reply.status)
        return reply.json

    def close(self) -> None:
        """Close the connections that are idle."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()


def trusting(ca_file: str) -> ssl.SSLContext:
    """What verifies servers against this authority and no other."""
    return ssl.create_default_context(cafile=ca_file)


def why_refused(reply: Reply) -> str:
    """An answer that is no success, in few words."""
    if 300 <= reply.status < 400:
        return f"{reply.status} redirected"
    text = reply.body.decode(errors="replace")
    for phrase, words in _PHRASES.items():
        if phrase in text:
            return words
    return f"{reply.status}"


def _why_none(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate refused: {error.verify_message}"
    # Ended while we spoke: a reset, or half an answer.
    return "connection lost"
