"""The audit devices of a cluster under load: switched on and off, their entries counted.

Vault must record every request twice, when it comes and when it is answered, and refuse what it
cannot record. So a run is only good if the leader's file holds exactly that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from policies.audit_devices import AUDIT_DEVICES
from rehearsal.audit import files_of, lines_of
from rehearsal.errors import RehearsalError
from rehearsal.vault_api import VaultApi
from rehearsal.vaults import Vaults

_SETTINGS: Final = ("type", "description", "options")


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


class Audit(Protocol):
    """What writes down a cluster's load."""

    @property
    def root(self) -> VaultApi: ...

    def switch(self, on: bool) -> None: ...

    def empty(self) -> None:
        """Forget what was recorded. Vault appends, so it goes on at the beginning."""

    def entries(self, path: str) -> Entries:
        """What was recorded since it was emptied, with `path` (below `/v1/`) and with others."""


@dataclass(slots=True)
class DeployedDevices:
    """Those that the program made: what is measured is what is deployed. Counted is what the first
    of them holds.
    """

    root: VaultApi = field(repr=False)
    vaults: Vaults
    is_on: bool = field(default=True, init=False)
    _devices: Mapping[str, Mapping[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        listed = self.root.call("GET", AUDIT_DEVICES)
        self._devices = {device["path"].rstrip("/"): device for device in listed.data.values()}
        if not self._devices:
            raise RehearsalError(
                "the program made no audit device; what one costs cannot be measured"
            )

    def switch(self, on: bool) -> None:
        """Raises `RehearsalError` where Vault refuses."""
        if on == self.is_on:
            return
        for name, device in sorted(self._devices.items()):
            path = f"{AUDIT_DEVICES}/{name}"
            if on:
                self.root.write(path, {key: device[key] for key in _SETTINGS})
            else:
                _disable(self.root, path)
        self.is_on = on

    def empty(self) -> None:
        for path in self._paths:
            for file in files_of(self.vaults, path):
                _empty(file)

    def entries(self, path: str) -> Entries:
        return count(lines_of(self.vaults, self._paths[0]), path)

    @property
    def _paths(self) -> list[str]:
        return [device["options"]["file_path"] for _, device in sorted(self._devices.items())]


@dataclass(slots=True)
class Device:
    """A file device of ours, in a cluster that has none. All its servers have the same `file`; the
    leader writes it.
    """

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
            _disable(self.root, f"sys/audit/{self.name}")
        self.is_on = on

    def _require_no_other(self) -> None:
        if others := sorted(self.root.call("GET", "sys/audit").data):
            raise RehearsalError(
                f"audit devices are on already: {', '.join(others)}; what one costs is "
                "seen only without them. Disable them, or count in their files here"
            )

    def empty(self) -> None:
        _empty(self.file)

    def entries(self, path: str) -> Entries:
        if not self.file.exists():
            return Entries(0, 0, 0)
        with self.file.open(encoding="utf-8") as lines:
            return count(lines, path)


def _disable(root: VaultApi, path: str) -> None:
    answer = root.call("DELETE", path)
    if not answer.allowed:
        raise RehearsalError(f"the audit device cannot be disabled: {answer.errors}")


def _empty(file: Path) -> None:
    if file.exists():
        os.truncate(file, 0)


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
