"""One kept-alive connection to Vault, for thousands of small requests a second.

It deliberately does less than `rehearsal.vault_api`: no TLS, no redirects, no retries, one thread.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from rehearsal.errors import RehearsalError

_TIMEOUT = 30  # seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """What Vault answered: the status, and the JSON text as it came."""

    status: int
    content: bytes

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def body(self) -> Any:
        return msgspec.json.decode(self.content) if self.content else {}

    @property
    def errors(self) -> str:
        """Vault's words; empty where there was no error."""
        try:
            return "; ".join(self.body.get("errors") or ())
        except msgspec.DecodeError:  # Go's own HTTP server speaks plain text
            return self.content.decode(errors="replace").strip()

    def require(self, what: str) -> Any:
        """The body of an answer that has to be a success. Raises `RehearsalError`."""
        if not self.ok:
            raise RehearsalError(f"{what}: Vault said {self.status}: {self.errors}")
        return self.body


class Connection:
    """To the Vault at `address`, an http URL. Use in one thread at a time."""

    def __init__(self, address: str) -> None:
        url = urlsplit(address)
        self._http = http.client.HTTPConnection(str(url.hostname), url.port or 80, timeout=_TIMEOUT)

    def call(
        self,
        method: str,
        path: str,
        token: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: str = "",
    ) -> Reply:
        """Send one request; whatever the status, the answer comes back. `path` is as Vault sees it:
        it is escaped here. Raises `RehearsalError` where none comes, as when Vault panics; without
        the body, which may hold a token or a key.
        """
        try:
            self._http.request(
                method,
                f"/v1/{quote(path)}{query and '?' + query}",
                body=None if body is None else msgspec.json.encode(body),
                headers={"X-Vault-Token": token, **(headers or {})},
            )
            response = self._http.getresponse()
            return Reply(response.status, response.read())
        except (http.client.HTTPException, OSError) as error:
            raise RehearsalError(f"{method} {path}: Vault did not answer: {error!r}") from error

    def close(self) -> None:
        self._http.close()
