"""What is told of disaster recovery replication, which is Vault Enterprise's, as types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class ReplicationRole(StrEnum):
    """What this stack's Vault is in disaster recovery replication."""

    NONE = "none"
    PRIMARY = "primary"
    """Others keep a copy of it."""
    SECONDARY = "secondary"
    """It is a copy: no stack configures it."""


@dataclass(frozen=True, slots=True)
class ReplicationSettings:
    """Of a primary."""

    cluster_address: str
    """Where secondaries reach it; empty: as the servers themselves say."""
    secondaries: Mapping[str, str]
    """Name -> the public key that the secondary made: what it is sent, only it can read."""
