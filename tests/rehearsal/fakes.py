"""A Vault that only remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.vault_api import Answer, VaultApi


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]


Answering = Callable[[Call], Answer]


def answer(status: int = 200, data: Mapping[str, Any] | None = None, **body: Any) -> Answer:
    return Answer(status, 1.0, {**({"data": data} if data is not None else {}), **body})


def refusal(status: int = 403, error: str = "permission denied") -> Answer:
    return answer(status, errors=[error])


class FakeVault(VaultApi):
    """Answers as it is told to, by default with success and nothing."""

    def __init__(self, answering: Answering = lambda _: answer(), token: str = "") -> None:
        super().__init__("http://127.0.0.1:1", None, token)
        self._answering = answering
        self.calls: list[Call] = []

    def with_token(self, token: str) -> FakeVault:
        again = FakeVault(self._answering, token)
        again.calls = self.calls
        return again

    def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        call = Call(method, path, body or {}, headers or {})
        self.calls.append(call)
        return self._answering(call)

    def download(self, path: str) -> tuple[Answer, bytes]:
        """What it answers as `content` of the body, where it allows it."""
        answered = self.call("GET", path)
        content = answered.body.get("content", b"") if answered.allowed else b""
        return answered, content

    @property
    def written(self) -> dict[str, Mapping[str, Any]]:
        """Path -> body of every write; each path must have been written once."""
        posts = [call for call in self.calls if call.method == "POST"]
        bodies = {call.path: call.body for call in posts}
        assert len(bodies) == len(posts)
        return bodies
