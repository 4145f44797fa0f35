"""One entry of the KV v2 engine: read with its version, changed key by key with check-and-set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Final

from vaultstack_jobs.clock import Clock, from_text
from vaultstack_jobs.vault import MERGE_PATCH, Vault, VaultRefusedError, data_of

_MOUNT: Final = "secret"
_MISMATCH: Final = "did not match the current version"


class ConflictError(Exception):
    """Somebody else wrote the entry since its version was looked at. Nothing was changed."""


class MissingEntryError(Exception):
    """The entry, or this version of it, is not there: never written, deleted or destroyed."""


@dataclass(frozen=True, slots=True)
class State:
    """What the entry's metadata says. `versions` are those that can still be read."""

    version: int
    written: datetime
    versions: frozenset[int]


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry at `path`, below the mount."""

    vault: Vault = field(repr=False)
    path: str
    clock: Clock

    def state(self) -> State:
        """Needs no right to read a value. Raises `MissingEntryError`."""
        try:
            data = data_of(self.vault.request("GET", f"{_MOUNT}/metadata/{self.path}"))
        except VaultRefusedError as error:
            raise self._missing(error) from error
        readable = {
            int(number): version
            for number, version in data["versions"].items()
            if not version["destroyed"] and not self._is_over(version["deletion_time"])
        }
        current = int(data["current_version"])
        if current not in readable:
            raise MissingEntryError(f"{_MOUNT}/{self.path}: its version {current} is deleted")
        written = from_text(readable[current]["created_time"])
        return State(current, written, frozenset(readable))

    def values(self, version: int) -> Mapping[str, str]:
        """The values of one version. Raises `MissingEntryError`."""
        try:
            return self.vault.secret(self.path, version)
        except VaultRefusedError as error:
            raise self._missing(error) from error

    def change(self, values: Mapping[str, str], *, version: int) -> int:
        """Write these keys if the entry is still at `version`; the others stay as they are. Returns
        the version that this made.

        Raises `ConflictError`.
        """
        body = {"data": dict(values), "options": {"cas": version}}
        path = f"{_MOUNT}/data/{self.path}"
        try:
            answer = self.vault.request("PATCH", path, body, headers=MERGE_PATCH)
        except VaultRefusedError as error:
            if _MISMATCH in str(error):
                raise ConflictError(f"{_MOUNT}/{self.path} is past version {version}") from error
            raise self._missing(error) from error
        return int(data_of(answer)["version"])

    def _is_over(self, deletion_time: str) -> bool:
        """An entry's versions may be set to be deleted at a time that is still to come."""
        return bool(deletion_time) and from_text(deletion_time) <= self.clock.now()

    def _missing(self, error: VaultRefusedError) -> Exception:
        if error.status == HTTPStatus.NOT_FOUND:
            return MissingEntryError(f"{_MOUNT}/{self.path} is not there")
        return error
