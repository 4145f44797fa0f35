"""Asks Vault, and can do nothing else: it sends GET and LIST, and of writes only those by which one
logs in, looks a token up by its accessor, and ends the own token.

What it may not read it remembers, and goes on. Tries again, TLS and leaders are the client's
(`vaultstack_client.transport`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from attest.errors import AttestError
from policies import inspection, paths
from vaultstack_client.clock import Deadline, SystemClock
from vaultstack_client.connections import Answer
from vaultstack_client.errors import VaultClientError
from vaultstack_client.timing import Timing
from vaultstack_client.transport import Transport

_LOGINS: Final = frozenset(
    f"auth/{mount}/login" for mount in (paths.CI_AUTH, paths.KUBERNETES_AUTH)
)
_END: Final = "auth/token/revoke-self"
WRITES: Final = _LOGINS | {_END, inspection.LOOKUP}
"""Every path that is ever sent a POST."""
_ENDED: Final = ("invalid accessor", "bad token")
"""What Vault says, with one status or another, of a token that has just ended."""
_DEADLINE_SECONDS: Final = 30.0
_TIMING: Final = Timing(read_timeout=timedelta(seconds=20))


@dataclass(frozen=True, slots=True, order=True)
class Unread:
    """What could not be read, and why."""

    path: str
    operation: str
    """`read`, `list`, or `look up tokens`."""
    reason: str


class Vault:
    """A Vault with one token. Safe to use from several threads."""

    def __init__(self, address: str, ca_file: Path | None, token: str = "") -> None:
        self.address = address.rstrip("/")
        self._transport = Transport(self.address, ca_file, _TIMING, SystemClock())
        self._clock = SystemClock()
        self._token, self._ours = token, False
        self._lock = threading.Lock()
        self._unread = set[Unread]()

    @property
    def unread(self) -> tuple[Unread, ...]:
        return tuple(sorted(self._unread))

    @property
    def requests(self) -> int:
        """How many were sent."""
        return self._transport.requests

    def version(self) -> str:
        """Raises `AttestError` where Vault is sealed, or not initialised."""
        said = self._ask("GET", "sys/seal-status").body
        if not said.get("initialized"):
            raise AttestError(
                f"Vault at {self.address} is not initialised, so there is nothing to compare; run "
                "`pulumi up` first, or give another --address"
            )
        if said.get("sealed"):
            raise AttestError(
                f"Vault at {self.address} is sealed, and tells nothing of what it holds; unseal it "
                "(docs/runbooks), then compare again"
            )
        return str(said.get("version", ""))

    def log_in(self, mount: str, role: str, jwt: str) -> None:
        """With a token of CI's run, or of a service account. Raises `AttestError`."""
        answer = self._ask("POST", f"auth/{mount}/login", {"role": role, "jwt": jwt})
        if not answer.ok:
            raise AttestError(
                f"Vault at {self.address} refused the login as {role!r} at auth/{mount} "
                f"({answer.status} {answer.errors.replace(jwt, '<token>')}); see that the role is "
                "there and bound to who asks"
            )
        self._token, self._ours = str(answer.auth["client_token"]), True

    def check_token(self) -> None:
        """Raises `AttestError` where Vault does not know it."""
        answer = self._ask("GET", "auth/token/lookup-self")
        if not answer.ok:
            raise AttestError(
                f"Vault at {self.address} does not take the token ({answer.status} "
                f"{answer.errors}); log in again"
            )

    def read(self, path: str) -> Mapping[str, Any] | None:
        """What is there; none where nothing is, or where it could not be read."""
        return self._data("GET", path, "read")

    def listed(self, folder: str) -> tuple[str, ...] | None:
        """The names in it, in order; none where it could not be listed."""
        data = self._data("LIST", folder, "list")
        return None if data is None else tuple(sorted(data.get("keys") or ()))

    def look_up(self, accessor: str) -> Mapping[str, Any] | None:
        """Who holds a token, never what it is; none where it has ended meanwhile."""
        answer = self._ask("POST", inspection.LOOKUP, {"accessor": accessor})
        if not answer.ok and not any(said in answer.errors for said in _ENDED):
            self._note(inspection.LOOKUP, "look up tokens", answer)
        return answer.data if answer.ok else None

    def note(self, path: str, operation: str, reason: str) -> None:
        """Something that was not read, and is to be told so."""
        with self._lock:
            self._unread.add(Unread(path, operation, reason))

    def close(self) -> None:
        """End the own token, if this made it."""
        ours, self._ours = self._ours, False
        try:
            if ours:
                self._ask("POST", _END)
        finally:
            self._transport.close()

    def _data(self, method: str, path: str, operation: str) -> Mapping[str, Any] | None:
        answer = self._ask(method, path)
        if answer.ok:
            return answer.data
        if answer.status == HTTPStatus.NOT_FOUND:
            return {} if method == "LIST" else None
        self._note(path, operation, answer)
        return None

    def _note(self, path: str, operation: str, answer: Answer) -> None:
        reason = answer.errors.replace("1 error occurred: * ", "").strip()
        self.note(path, operation, reason or f"Vault said {answer.status}")

    def _ask(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Answer:
        if method not in ("GET", "LIST") and path not in WRITES:
            raise AssertionError(f"{method} {path}: nothing is ever written")
        try:
            return self._transport.send(
                method,
                quote(path),  # a name may be anything
                deadline=Deadline.within(self._clock, _DEADLINE_SECONDS),
                headers={
                    "X-Vault-Request": "true",
                    **({"X-Vault-Token": self._token} if self._token else {}),
                },
                json=body,
                repeatable=True,
            )
        except VaultClientError as error:
            raise AttestError(str(error)) from None
