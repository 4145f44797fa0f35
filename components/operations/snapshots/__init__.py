"""Snapshots of all that Vault stores, taken by schedule and kept where the servers are not."""

from components.operations.snapshots.component import (
    Snapshots,
    SnapshotsArgs,
    schedule_snapshots,
)

__all__ = ["Snapshots", "SnapshotsArgs", "schedule_snapshots"]
