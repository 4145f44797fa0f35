"""Who did what: the audit devices inside Vault, and what brings their entries to a SIEM."""

from components.operations.audit.devices import AuditDevices, AuditDevicesArgs

__all__ = ["AuditDevices", "AuditDevicesArgs"]
