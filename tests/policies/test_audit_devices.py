"""The audit devices: their names, and what is in them."""

from __future__ import annotations

from policies.acl.protected import is_protected
from policies.audit_devices import AUDIT_DEVICES, AuditDevice, unless_said
from policies.environments import Environment


def test_each_device_has_a_path_of_its_own_that_vault_protects() -> None:
    paths = [device.path for device in AuditDevice]
    assert paths == ["sys/audit/file", "sys/audit/stdout"]
    assert all(is_protected(path, {}) for path in [AUDIT_DEVICES, *paths])


def test_values_are_hashes_in_each_and_only_vault_reads_the_file() -> None:
    for device in AuditDevice:
        told = device.options("/var/log/vault.log")
        assert (told["log_raw"], told["hmac_accessor"]) == ("false", "true")
    assert AuditDevice.FILE.options("/var/log/vault.log")["file_path"] == "/var/log/vault.log"
    assert AuditDevice.FILE.options("x")["mode"] == "0600"
    assert AuditDevice.STDOUT.options("x")["file_path"] == "stdout"


def test_two_are_there_unless_it_is_a_laptops() -> None:
    assert unless_said(Environment.DEV) == (AuditDevice.STDOUT,)
    assert unless_said(Environment.PROD) == unless_said(Environment.STAGING) == tuple(AuditDevice)
