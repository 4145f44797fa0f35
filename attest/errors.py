"""What keeps a comparison from being made at all."""

from __future__ import annotations


class AttestError(Exception):
    """No comparison. Names what was tried, the rule, and the fix; holds no secret."""


class UsageError(AttestError):
    """What was asked for cannot be done, whatever Vault says."""
