"""What was asked of Vault during a rehearsal, and what must be in no log of it: kept by the side
that asked, so that Vault's own audit log can be held against it.

Deliberately keeps no body. Of answers and bodies it keeps the values that are secrets, in memory
only, and never shows one.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

CORRELATION: Final = "X-Correlation-ID"
"""A header that Vault's audit log repeats without being told to."""
# Shorter ones are words, such as `disable`, which may well be in a log.
_SHORTEST: Final = 12
_SECRET: Final = re.compile(
    r".*(password|private_key|secret_key|secret_access_key|secret_id|client_token|security_token|"
    r"session_token|jwt|csrf)|token|key|otp",
    re.IGNORECASE,
)
_KV: Final = re.compile(r"[^/]+/(data|subkeys)/.+")


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as the client saw it."""

    id: str
    """What its `CORRELATION` header says."""
    method: str
    path: str
    status: int
    token: str = field(repr=False)


class Journal:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._policies: dict[str, tuple[str, ...]] = {}
        self._secrets: set[str] = set()

    def __repr__(self) -> str:
        return f"Journal({len(self._calls)} calls)"

    @property
    def calls(self) -> tuple[Call, ...]:
        with self._lock:
            return tuple(self._calls)

    @property
    def secrets(self) -> frozenset[str]:
        with self._lock:
            return frozenset(self._secrets)

    def policies_of(self, token: str) -> tuple[str, ...]:
        """What Vault said when it gave the token; empty where nobody asked it."""
        return self._policies.get(token, ())

    def knows(self, token: str, policies: tuple[str, ...]) -> None:
        """Of a token that was issued before."""
        with self._lock:
            self._policies[token] = policies
            self._secrets.add(token)

    def keeps_secret(self, values: object) -> None:
        """All text in it, at any depth."""
        with self._lock:
            self._secrets |= set(_long(_leaves(values)))

    def note(self, call: Call, body: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        auth = answer.get("auth") or {}
        found = {call.token, *_secret_values(body), *_secret_values(answer)}
        if _KV.fullmatch(call.path):
            found |= set(_leaves(body.get("data")))
            found |= set(_leaves((answer.get("data") or {}).get("data")))
        with self._lock:
            self._calls.append(call)
            self._secrets |= set(_long(found))
            if auth.get("client_token"):
                self._policies[auth["client_token"]] = tuple(auth.get("token_policies") or ())


def _secret_values(value: object) -> Iterator[str]:
    """Text that stands under a name that secrets have."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if _SECRET.fullmatch(name):
                yield from _leaves(inner)
            else:
                yield from _secret_values(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_values(inner)


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _leaves(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)


def _long(values: Iterator[str] | set[str]) -> Iterator[str]:
    return (value for value in values if len(value) >= _SHORTEST)
