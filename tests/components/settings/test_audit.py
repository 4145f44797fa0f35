"""The settings of the audit log as types."""

from __future__ import annotations

from components.settings import audit


def test_nobody_collects_the_log_unless_asked_to() -> None:
    """`none` is a value of its own: an empty one is a mistake."""
    assert [one.value for one in audit.AuditCollector] == ["none", "vector"]
