"""What is said of the audit log, as types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from policies.audit_devices import AuditDevice


@unique
class AuditCollector(StrEnum):
    """For whom a configuration is made that brings the audit log to a SIEM."""

    NONE = "none"
    VECTOR = "vector"


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """Where Vault writes who did what, and who collects it."""

    devices: tuple[AuditDevice, ...]
    """At least one; of staging and prod two."""
    file: str | None
    """Of the device of that kind: a path on each server. None: deployed servers have their own."""
    collector: AuditCollector
    collector_namespace: str
    """Where that one runs, and finds its configuration."""
