"""The audit devices: what Vault is told of each, and the order in which they are changed."""

from __future__ import annotations

from typing import Any, Final

import pytest

from components.operations.audit.devices import AuditDevices, AuditDevicesArgs
from components.settings import AuditCollector, AuditSettings
from policies.audit_devices import AuditDevice
from tests.components.conftest import Alone
from tests.recording import Resource

TYPE: Final = "vault:index/audit:Audit"
FILE, STDOUT = AuditDevice.FILE, AuditDevice.STDOUT
HASHED: Final = {"log_raw": "false", "hmac_accessor": "true"}


def made(
    alone: Alone, *devices: AuditDevice, file: str | None = None, protect: bool = True
) -> dict[str, Resource]:
    settings = AuditSettings(devices, file, AuditCollector.NONE, "vector")
    recording = alone(lambda opts: AuditDevices("audit", AuditDevicesArgs(settings, protect), opts))
    return {resource.name: resource for resource in recording.of(TYPE)}


def options(resource: Resource) -> dict[str, Any]:
    found = resource.values["options"]
    assert isinstance(found, dict)
    return found


def test_a_file_on_the_servers_own_volume_and_standard_output(alone: Alone) -> None:
    devices = made(alone, FILE, STDOUT)
    file, stdout = devices["audit-file"], devices["audit-stdout"]
    assert (file.values["path"], file.values["type"]) == ("file", "file")
    assert options(file) == {"file_path": "/vault/audit/audit.log", "mode": "0600", **HASHED}
    # Vault has no type of its own for it.
    assert (stdout.values["path"], stdout.values["type"]) == ("stdout", "file")
    assert options(stdout) == {"file_path": "stdout", **HASHED}


def test_the_file_lies_where_it_is_said_to(alone: Alone) -> None:
    (device,) = made(alone, FILE, file="/var/log/vault/audit.log").values()
    assert options(device)["file_path"] == "/var/log/vault/audit.log"


def test_what_may_be_one_is_one(alone: Alone) -> None:
    assert made(alone, STDOUT).keys() == {"audit-stdout"}


def test_one_is_made_anew_while_the_other_goes_on(alone: Alone) -> None:
    """Each goes before its successor comes, as both have one name; so the second waits."""
    devices = made(alone, FILE, STDOUT)
    file, stdout = devices["audit-file"].request, devices["audit-stdout"].request
    assert file.deleteBeforeReplace
    assert stdout.deleteBeforeReplace
    assert devices["audit-file"].urn in stdout.dependencies
    assert not any("audit-stdout" in urn for urn in file.dependencies)


@pytest.mark.parametrize("protect", [True, False])
def test_a_device_is_protected_like_data(alone: Alone, protect: bool) -> None:
    devices = made(alone, FILE, STDOUT, protect=protect).values()
    assert [device.request.protect for device in devices] == [protect, protect]
