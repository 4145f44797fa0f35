"""What keeps a deployed Vault in order: what it records, who watches and compares it, and the jobs
that rotate its secrets and copy what it stores, each with rights of its own.
"""

from components.operations.attest import AttestAccount, AttestAccountArgs, let_look
from components.operations.audit import record
from components.operations.rotation import Rotations, RotationsArgs, schedule_rotations
from components.operations.snapshots import Snapshots, SnapshotsArgs, schedule_snapshots
from components.operations.telemetry import watch

__all__ = [
    "AttestAccount",
    "AttestAccountArgs",
    "Rotations",
    "RotationsArgs",
    "Snapshots",
    "SnapshotsArgs",
    "let_look",
    "record",
    "schedule_rotations",
    "schedule_snapshots",
    "watch",
]
