"""Vault, as far as a job needs it: one request at a time, and its answer or its refusal.

`Vault` is what the tasks are written against; `connection` makes one. Deliberately knows no engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Protocol

Json = Mapping[str, Any]

MERGE_PATCH: Final = {"Content-Type": "application/merge-patch+json"}
"""Headers of a PATCH: what the body does not name stays as it is."""


class VaultError(Exception):
    """Vault refused, or could not be asked; says what was asked, and never with which body."""


class VaultRefusedError(VaultError):
    """Vault said no, and changed nothing. `status` is its answer's."""

    def __init__(self, told: str, status: int) -> None:
        super().__init__(told)
        self.status = status


class VaultUncertainError(VaultError):
    """Vault did not answer, or broke while it did: what was asked may have been done."""


class Vault(Protocol):
    """Vault's API, logged in."""

    def request(
        self,
        method: str,
        path: str,
        body: Json | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """The whole answer, {} where there is none. A request that writes is sent once.

        Raises `VaultError`.
        """

    def secret(self, path: str, version: int) -> Mapping[str, str]:
        """The values of one version of a KV entry. Raises `VaultError`."""

    def who(self) -> str:
        """Whom Vault takes this job for, as its audit log says it. Raises `VaultError`."""


def data_of(answer: Json) -> Json:
    """What Vault wraps in `data`."""
    data = answer.get("data")
    return data if isinstance(data, Mapping) else {}
