"""The audit device of a cluster under load: switched on and off, its entries counted.

Vault must record every request twice, when it comes and when it is answered, and refuse what it
cannot record. So a run is only good if the leader's file holds exactly that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.errors import RehearsalError
from rehearsal.vault_api import VaultApi


@dataclass(frozen=True, slots=True)
class Entries:
    """What was recorded during a run."""

    requests: int
    responses: int
    others: int
    """Of other paths: Vault's own housekeeping, or somebody else's."""

    def complete(self, sent: int) -> bool:
        """Whether each of so many requests was recorded, coming and answered."""
        return self.requests == self.responses == sent


@dataclass(slots=True)
class Device:
    """A file device of one cluster. All its servers have the same `file`; the leader writes it."""

    root: VaultApi = field(repr=False)
    file: Path
    name: str = "load"
    is_on: bool = field(default=False, init=False)

    def switch(self, on: bool) -> None:
        """Raises `RehearsalError` where Vault refuses, or has other devices, whose work would be
        taken for this one's.
        """
        if on and not self.is_on:
            self._require_no_other()
            options = {"file_path": str(self.file)}
            self.root.write(f"sys/audit/{self.name}", {"type": "file", "options": options})
        elif self.is_on and not on:
            answer = self.root.call("DELETE", f"sys/audit/{self.name}")
            if not answer.allowed:
                raise RehearsalError(f"the audit device cannot be disabled: {answer.errors}")
        self.is_on = on

    def _require_no_other(self) -> None:
        if others := sorted(self.root.call("GET", "sys/audit").data):
            raise RehearsalError(
                f"audit devices are on already: {', '.join(others)}; what one costs is "
                "seen only without them. Disable them, or count in their files here"
            )

    def empty(self) -> None:
        """Forget what was recorded. Vault appends, so it goes on at the beginning."""
        if self.file.exists():
            os.truncate(self.file, 0)

    def entries(self, path: str) -> Entries:
        """What was recorded since it was emptied, with `path` (below `/v1/`) and with others."""
        if not self.file.exists():
            return Entries(0, 0, 0)
        with self.file.open(encoding="utf-8") as lines:
            return count(lines, path)


def count(lines: Iterable[str], path: str) -> Entries:
    """Of an audit file's lines. Raises `RehearsalError` where one is not whole."""
    requests = responses = others = 0
    for line in lines:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError as error:
            raise RehearsalError(
                f"the audit file holds a line that is no JSON ({error}): an entry was cut off"
            ) from None
        if entry["request"]["path"] != path:
            others += 1
        elif entry["type"] == "request":
            requests += 1
        else:
            responses += 1
    return Entries(requests, responses, others)
