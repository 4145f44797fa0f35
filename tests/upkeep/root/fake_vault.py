"""As much of Vault as makes a root token from shares, and ends it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.answering import Asked, answering, json_handler

TOKEN = "hvs.the-root-token-that-nobody-sees"
OTP = "o" * len(TOKEN)
SHARES = ("share-one", "share-two", "share-three")
NONCE = "the-nonce"


@dataclass
class FakeVault:
    address: str = ""
    nonce: str = ""
    given: list[str] = field(default_factory=list)
    alive: bool = False
    """The root token."""
    refuses_to_revoke: int = 0
    """So many times."""
    asked: list[str] = field(default_factory=list)

    def answer(self, method: str, path: str, body: dict[str, Any], token: str) -> tuple[int, Any]:
        self.asked.append(f"{method} {path}")
        match method, path:
            case "GET", "/v1/sys/generate-root/attempt":
                return 200, self._status()
            case "PUT", "/v1/sys/generate-root/attempt":
                if self.nonce:
                    return 400, {"errors": ["root generation already in progress"]}
                self.nonce = NONCE
                return 200, {**self._status(), "otp": OTP}
            case "DELETE", "/v1/sys/generate-root/attempt":
                self.nonce, self.given = "", []
                return 204, None
            case "PUT", "/v1/sys/generate-root/update":
                return self._give(body)
            case _, "/v1/auth/token/lookup-self":
                return (200, {"data": {"accessor": "a1"}}) if self._knows(token) else (403, {})
            case _, "/v1/auth/token/revoke-self":
                return self._revoke(token)
        return 404, {"errors": []}

    def _give(self, body: dict[str, Any]) -> tuple[int, Any]:
        assert body["nonce"] == NONCE
        self.given.append(body["key"])
        if len(self.given) < len(SHARES):
            return 200, {**self._status(), "complete": False}
        right, self.given = set(self.given) == set(SHARES), []
        if not right:
            return 400, {"errors": ["recovery key does not match submitted values"]}
        self.nonce, self.alive = "", True
        masked = bytes(a ^ b for a, b in zip(TOKEN.encode(), OTP.encode(), strict=True))
        encoded = base64.b64encode(masked).decode().rstrip("=")
        return 200, {**self._status(), "complete": True, "encoded_token": encoded}

    def _revoke(self, token: str) -> tuple[int, Any]:
        if self.refuses_to_revoke:
            self.refuses_to_revoke -= 1
            return 500, {"errors": ["local node not active but active cluster node not found"]}
        if not self._knows(token):
            return 403, {"errors": ["permission denied"]}
        self.alive = False
        return 204, None

    def _knows(self, token: str) -> bool:
        return self.alive and token == TOKEN

    def _status(self) -> dict[str, Any]:
        return {"nonce": self.nonce, "progress": len(self.given), "required": len(SHARES)}


@contextmanager
def fake_vault() -> Iterator[FakeVault]:
    vault = FakeVault()

    def answer(asked: Asked) -> tuple[int, object]:
        return vault.answer(asked.method, asked.path, asked.body, asked.token)

    with answering(json_handler(answer)) as vault.address:
        yield vault
