"""The audit devices' names."""

from __future__ import annotations

from policies.acl.protected import is_protected
from policies.audit_devices import AUDIT_DEVICES, AuditDevice


def test_each_device_has_a_path_of_its_own_that_vault_protects() -> None:
    paths = [device.path for device in AuditDevice]
    assert paths == ["sys/audit/file", "sys/audit/stdout"]
    assert all(is_protected(path, {}) for path in [AUDIT_DEVICES, *paths])
