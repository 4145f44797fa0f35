"""What the objects of the snapshots' job are called, and where things are in its pod. Pure."""

from __future__ import annotations

from typing import Final

from components.operations import layout

NAME: Final = "vault-snapshots"
"""Of all its objects, so that whoever looks at one finds the others; and of the CronJob whose last
success the alert looks at."""
SELECTOR: Final = layout.selector("snapshots")
LABELS: Final = layout.labels("snapshots")

SNAPSHOT_FILE: Final = "snapshot.json"
SCRATCH: Final = "/var/lib/vaultstack"
"""Where a snapshot lies until it is somewhere else."""
