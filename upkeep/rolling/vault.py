"""Asking single servers over TLS, each by its own name and not through a Service.

It deliberately neither retries nor follows redirects: what a server says for itself is the point.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from upkeep.errors import UpkeepError

ANSWERS_WITHIN_SECONDS: Final = 5.0
STATE: Final = "sys/storage/raft/autopilot/state"
_FORBIDDEN: Final = 403


class SilentError(Exception):
    """The server gave no answer, or not the one that was asked for; `str()` says why."""


class Way(Protocol):
    """How a server's API is reached."""

    def open(self, pod: str) -> socket.socket:
        """A new connection to that pod's API port. Raises `OSError`."""
        ...

    def host(self, pod: str) -> str:
        """The name that its certificate must hold."""
        ...


class _Connection(http.client.HTTPConnection):
    def __init__(self, way: Way, pod: str, trust: ssl.SSLContext) -> None:
        super().__init__(way.host(pod), timeout=ANSWERS_WITHIN_SECONDS)
        self._way, self._pod, self._trust = way, pod, trust

    def connect(self) -> None:
        plain = self._way.open(self._pod)
        try:
            plain.settimeout(ANSWERS_WITHIN_SECONDS)
            self.sock = self._trust.wrap_socket(plain, server_hostname=self._way.host(self._pod))
        except BaseException:
            plain.close()
            raise


@dataclass
class Speaker:
    """One server, over a connection that is kept. Not for several threads."""

    pod: str
    way: Way
    trust: ssl.SSLContext = field(repr=False)
    token: str = field(repr=False)
    _connection: _Connection | None = field(default=None, repr=False)

    def seal_status(self) -> dict[str, Any]:
        return self._get("sys/seal-status", "")

    def leader(self) -> dict[str, Any]:
        return self._get("sys/leader", "")

    def autopilot(self) -> dict[str, Any]:
        """Raises `UpkeepError` where the token may not."""
        return self._get(STATE, self.token)

    def step_down(self) -> None:
        """Raises `UpkeepError` where the token may not."""
        self._ask("PUT", "sys/step-down", self.token)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _get(self, path: str, token: str) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self._ask("GET", path, token))
        return content

    def _ask(self, method: str, path: str, token: str) -> bytes:
        connection = self._connection or _Connection(self.way, self.pod, self.trust)
        try:
            headers = {"X-Vault-Token": token} if token else {}
            connection.request(method, f"/v1/{path}", headers=headers)
            response = connection.getresponse()
            status, body = response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            self._connection = None
            raise SilentError(_why(error)) from None
        self._connection = connection
        if status == _FORBIDDEN:
            raise UpkeepError(
                f"Vault refuses {method} {path} (403): the token has ended, or its policies do not "
                "allow it; fix: `vault login -method=oidc role=operators`, and see docs/rolling.md "
                "for what it needs"
            )
        if not 200 <= status < 300:
            raise SilentError(f"{path}: {status}")
        return body


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing within {ANSWERS_WITHIN_SECONDS:g} s"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {error.verify_message}; is the CA file the right one?"
    return f"connection lost ({type(error).__name__})"
