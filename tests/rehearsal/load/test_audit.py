"""An audit file is counted, request by request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.load.audit import Device, Entries, count
from rehearsal.vault_api import Answer, VaultApi

PATH = "secret/data/x"


def line(kind: str, path: str = PATH) -> str:
    return json.dumps({"type": kind, "request": {"path": path}}) + "\n"


def test_both_entries_of_each_request_are_wanted() -> None:
    entries = count([line("request"), line("response"), line("response", "sys/leader")], PATH)
    assert entries == Entries(requests=1, responses=1, others=1)
    assert entries.complete(1)
    assert not entries.complete(2)
    assert not Entries(2, 1, 0).complete(2)
    assert not Entries(1, 2, 0).complete(2)


def test_an_entry_that_was_cut_off_is_an_error() -> None:
    with pytest.raises(RehearsalError, match=r"an entry was cut off"):
        count([line("request"), line("response")[:20]], PATH)


class FakeRoot(VaultApi):
    def __init__(self, status: int = 204) -> None:
        super().__init__("https://127.0.0.1:1", None)
        self.calls: list[tuple[str, str, Any]] = []
        self._status = status
        self.devices: dict[str, Any] = {}

    def call(self, method: str, path: str, body: Any = None, headers: Any = None) -> Answer:
        assert headers is None
        if (method, path) == ("GET", "sys/audit"):
            return Answer(200, 1.0, {"data": self.devices})
        self.calls.append((method, path, body))
        return Answer(self._status, 1.0, {})


def test_a_device_is_switched_only_where_it_must(tmp_path: Path) -> None:
    root = FakeRoot()
    device = Device(root, tmp_path / "audit.log")
    device.switch(False)
    assert root.calls == []
    device.switch(True)
    device.switch(True)
    device.switch(False)
    options = {"file_path": str(tmp_path / "audit.log")}
    assert root.calls == [
        ("POST", "sys/audit/load", {"type": "file", "options": options}),
        ("DELETE", "sys/audit/load", None),
    ]


def test_other_devices_are_not_measured_unnoticed(tmp_path: Path) -> None:
    root = FakeRoot()
    root.devices = {"file/": {"type": "file"}}
    with pytest.raises(RehearsalError, match=r"on already: file/"):
        Device(root, tmp_path / "audit.log").switch(True)
    assert root.calls == []


def test_a_device_that_cannot_be_disabled_is_an_error(tmp_path: Path) -> None:
    device = Device(FakeRoot(), tmp_path / "audit.log")
    device.switch(True)
    device.root = FakeRoot(status=403)
    with pytest.raises(RehearsalError, match=r"cannot be disabled"):
        device.switch(False)


def test_entries_are_counted_from_where_it_was_emptied(tmp_path: Path) -> None:
    file = tmp_path / "audit.log"
    device = Device(FakeRoot(), file)
    assert device.entries(PATH) == Entries(0, 0, 0)
    device.empty()
    with file.open("a") as vault:
        vault.write(line("request"))
        vault.flush()
        device.empty()
        vault.write(line("request") + line("response"))
        vault.flush()
        assert device.entries(PATH) == Entries(1, 1, 0)
