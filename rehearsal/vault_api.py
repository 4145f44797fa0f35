"""One request to Vault and its answer with status and time, for those who must tell a refusal from
a failure. Through hvac's adapter, so that TLS, headers and redirects are what applications get.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import hvac
from hvac.adapters import RawAdapter

from rehearsal.errors import RehearsalError
from rehearsal.journal import CORRELATION, Call, Journal


@dataclass(frozen=True, slots=True)
class Answer:
    """What Vault said. `body` may hold secrets, so it is not part of the representation."""

    status: int
    milliseconds: float
    body: Mapping[str, Any] = field(repr=False)

    @property
    def allowed(self) -> bool:
        return 200 <= self.status < 300

    @property
    def forbidden(self) -> bool:
        return self.status == 403

    @property
    def data(self) -> Mapping[str, Any]:
        return self.body.get("data") or {}

    @property
    def errors(self) -> str:
        return "; ".join(str(error) for error in self.body.get("errors") or ())

    @property
    def ignored(self) -> str:
        """What Vault says that it did not understand; empty where it understood all."""
        warnings = self.body.get("warnings") or ()
        return "; ".join(w for w in warnings if "unrecognized parameters" in w)


class VaultApi:
    """Vault's API with one token. Safe to use from several threads."""

    def __init__(
        self, address: str, ca_file: str | None, token: str = "", journal: Journal | None = None
    ) -> None:
        """`journal`: is told of every call."""
        self.address, self.ca_file, self._journal = address, ca_file, journal
        self._client = hvac.Client(
            url=address, verify=ca_file or True, adapter=RawAdapter, timeout=30, token=token
        )
        self._client.token = token

    @property
    def token(self) -> str:
        return str(self._client.token)

    def with_token(self, token: str) -> VaultApi:
        return VaultApi(self.address, self.ca_file, token, self._journal)

    def noted_in(self, journal: Journal) -> VaultApi:
        return VaultApi(self.address, self.ca_file, self.token, journal)

    def at(self, address: str) -> VaultApi:
        """Another server, without a token."""
        return VaultApi(address, self.ca_file, journal=self._journal)

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request; whatever the status, the answer comes back."""
        identity = str(uuid.uuid4())
        started = time.perf_counter()
        response = self._client.adapter.request(
            method,
            f"/v1/{path}",
            json=body,
            headers={**(headers or {}), CORRELATION: identity},
            raise_exception=False,
        )
        milliseconds = (time.perf_counter() - started) * 1000
        parsed = response.json() if response.content else {}
        self._note(identity, method, path, response.status_code, body or {}, parsed)
        return Answer(response.status_code, milliseconds, parsed)

    def download(self, path: str) -> tuple[Answer, bytes]:
        """What is no JSON, such as a snapshot, whole; nothing where Vault refuses it."""
        identity = str(uuid.uuid4())
        started = time.perf_counter()
        response = self._client.adapter.request(
            "GET", f"/v1/{path}", headers={CORRELATION: identity}, raise_exception=False
        )
        milliseconds = (time.perf_counter() - started) * 1000
        self._note(identity, "GET", path, response.status_code, {}, {})
        if response.ok:
            return Answer(response.status_code, milliseconds, {}), response.content
        return Answer(response.status_code, milliseconds, response.json()), b""

    def _note(
        self,
        identity: str,
        method: str,
        path: str,
        status: int,
        body: Mapping[str, Any],
        answer: Mapping[str, Any],
    ) -> None:
        if self._journal:
            call = Call(identity, method, path, status, self.token)
            self._journal.note(call, body, answer)

    def write(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Write, and accept nothing less than that Vault took every field.

        Raises `RehearsalError` with the path and Vault's reason, never with the body.
        """
        answer = self.call("POST", path, body)
        if not answer.allowed:
            raise RehearsalError(f"writing {path}: Vault said {answer.status}: {answer.errors}")
        if answer.ignored:
            raise RehearsalError(f"writing {path}: {answer.ignored}")
        return answer
