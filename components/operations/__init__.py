"""What works on Vault by schedule: jobs in the Kubernetes cluster, each with rights of its own."""

from components.operations.audit import AuditDevices, AuditDevicesArgs
from components.operations.rotation import Rotations, RotationsArgs, schedule_rotations
from components.operations.snapshots import Snapshots, SnapshotsArgs, schedule_snapshots

__all__ = [
    "AuditDevices",
    "AuditDevicesArgs",
    "Rotations",
    "RotationsArgs",
    "Snapshots",
    "SnapshotsArgs",
    "schedule_rotations",
    "schedule_snapshots",
]
