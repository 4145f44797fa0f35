"""The audit devices that Vault writes its log to: what they are called, and what they may be.

Each kind has one name, so that a device is replaced and never forgotten beside its successor, and
the provisioner needs these paths only. What is written, `audit_log` reads.
"""

from __future__ import annotations

from enum import StrEnum, unique


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


AUDIT_DEVICES = "sys/audit"
"""Where they are listed."""
