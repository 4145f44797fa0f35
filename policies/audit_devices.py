"""The audit devices that Vault writes its log to: what they are called, and what they may be.

Each kind has one name, so that a device is replaced and never forgotten beside its successor, and
the provisioner needs these paths only. The components that make them and whoever compares a live
Vault with them (`attest`) read it here. What is written, `audit_log` reads.
"""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Final

from policies.environments import Environment


@unique
class AuditDevice(StrEnum):
    """A kind of device; its value is its name in Vault."""

    FILE = "file"
    """A file on each server, on a volume of its own."""
    STDOUT = "stdout"
    """Each server's standard output, which the log collector of a cluster reads."""

    @property
    def path(self) -> str:
        """Where Vault keeps its settings."""
        return f"{AUDIT_DEVICES}/{self.value}"

    def options(self, file: str) -> dict[str, str]:
        """What Vault is told of one. `file`: where the one of that kind lies on each server."""
        match self:
            case AuditDevice.FILE:
                return {"file_path": file, "mode": _ONLY_VAULT, **_HASHED}
            case AuditDevice.STDOUT:
                return {"file_path": "stdout", **_HASHED}


AUDIT_DEVICES: Final = "sys/audit"
"""Where they are listed."""
DEVICE_TYPE: Final = "file"
"""Of each: Vault has no type of its own for standard output."""
DEPLOYED_FILE: Final = "/vault/audit/audit.log"
"""On servers that this program deploys, whose volume for it is there."""
# Secrets, tokens and their accessors appear as hashes, with a key that only Vault has.
_HASHED: Final = {"log_raw": "false", "hmac_accessor": "true"}
_ONLY_VAULT: Final = "0600"
_BOTH: Final = (AuditDevice.FILE, AuditDevice.STDOUT)


def unless_said(environment: Environment) -> tuple[AuditDevice, ...]:
    """What a stack has that names none."""
    # A laptop's Vault has no place for a file that we would know.
    return (AuditDevice.STDOUT,) if environment is Environment.DEV else _BOTH
