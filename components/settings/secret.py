"""A value that must not be seen: what it is to Pulumi, and how one is made."""

from __future__ import annotations

import pulumi

Secret = pulumi.Output[str]
"""A value that Pulumi keeps encrypted, and never shows."""


def encrypted(value: str) -> Secret:
    """From what the configuration holds. Whatever is computed of it is a secret, too."""
    return pulumi.Output.secret(value)
