"""Who did what: the audit devices inside Vault, and what brings their entries to a SIEM."""

from components.operations.audit.record import record

__all__ = ["record"]
