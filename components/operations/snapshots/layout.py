"""What the objects of the snapshots' job are called, and where things are in its pod. Pure."""

from __future__ import annotations

from typing import Final

from components.operations import layout

NAME: Final = "vault-snapshots"
"""Of all its objects, so that whoever looks at one finds the others; and of the CronJob whose last
success an alert looks at."""
SELECTOR: Final = layout.selector("snapshots")
LABELS: Final = layout.labels("snapshots")

SNAPSHOT_FILE: Final = "snapshot.json"
GOOGLE_FILE: Final = "google.json"
SCRATCH: Final = "/var/lib/vaultstack"
"""Where a snapshot lies until it is somewhere else."""
GOOGLE_TOKEN: Final = "/var/run/secrets/google"

PREFIX: Final = "snapshots/"
"""Of the objects' names, in every bucket: the job may write below it and nowhere else."""
