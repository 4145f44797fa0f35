"""What the snapshots are told, as types."""

from __future__ import annotations

from dataclasses import dataclass

from components.settings.quantity import Bytes
from policies.schedule import Cron


@dataclass(frozen=True, slots=True)
class SecondRegionSettings:
    """Another bucket, where the first one's region is not."""

    region: str
    bucket: str | None
    """None: this program makes one."""


@dataclass(frozen=True, slots=True)
class GcsSettings:
    """A bucket of Google's, which somebody else owns and keeps as the others are kept."""

    bucket: str
    provider: str
    """The workload identity pool's provider that knows this cluster's service accounts:
    `projects/1/locations/global/workloadIdentityPools/p/providers/v`."""


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """When snapshots are taken, and where they are put besides the servers' own region's bucket."""

    schedule: Cron
    scratch: Bytes
    """Where one lies until it is stored; a pod that needs more is evicted."""
    role_arn: str | None
    """None: this program makes the role."""
    endpoint: str | None
    """URL of S3 where it is not AWS's public one."""
    second: SecondRegionSettings | None
    gcs: GcsSettings | None
