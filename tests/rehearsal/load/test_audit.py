"""An audit file is counted, request by request."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.load.audit import DeployedDevices, Device, Entries, count
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


FILE = {
    "path": "file/",
    "type": "file",
    "description": "Every access",
    "local": False,
    "options": {"file_path": "audit.log", "mode": "0600"},
}
STDOUT = {**FILE, "path": "stdout/", "options": {"file_path": "stdout"}}


def of_program(folder: Path, *devices: dict[str, Any]) -> tuple[DeployedDevices, FakeRoot]:
    root = FakeRoot()
    root.devices = {device["path"]: device for device in devices}
    process = SimpleNamespace(log=folder / "process.log")
    server: Any = SimpleNamespace(folder=folder, process=process)
    vaults: Any = SimpleNamespace(servers=(server,))
    return DeployedDevices(root, vaults), root


def test_the_programs_devices_are_ended_and_come_back_as_they_were(tmp_path: Path) -> None:
    devices, root = of_program(tmp_path, STDOUT, FILE)
    devices.switch(True)
    assert root.calls == [], "they are on"
    devices.switch(False)
    devices.switch(True)
    given = {"type": "file", "description": "Every access"}
    assert root.calls == [
        ("DELETE", "sys/audit/file", None),
        ("DELETE", "sys/audit/stdout", None),
        ("POST", "sys/audit/file", {**given, "options": FILE["options"]}),
        ("POST", "sys/audit/stdout", {**given, "options": STDOUT["options"]}),
    ]


def test_what_the_first_of_them_holds_is_counted_and_all_are_emptied(tmp_path: Path) -> None:
    devices, _ = of_program(tmp_path, STDOUT, FILE)
    file, log = tmp_path / "audit.log", tmp_path / "process.log"
    file.write_text(line("request") + line("response"))
    log.write_text('{"@level":"info"}\n' + line("request"))
    assert devices.entries(PATH) == Entries(1, 1, 0)
    devices.empty()
    assert (file.stat().st_size, log.stat().st_size) == (0, 0)
    log.write_text("==> Vault server\n" + '{"@level":"info"}\n' + line("request"))
    alone, _ = of_program(tmp_path, STDOUT)
    assert alone.entries(PATH) == Entries(1, 0, 0), "of the output, its entries only"


def test_without_a_device_nothing_could_be_compared(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match=r"no audit device; what one costs cannot be measured"):
        of_program(tmp_path)


def test_the_programs_device_that_cannot_be_ended_is_an_error(tmp_path: Path) -> None:
    devices, _ = of_program(tmp_path, FILE)
    devices.root = FakeRoot(status=403)
    with pytest.raises(RehearsalError, match=r"cannot be disabled"):
        devices.switch(False)
