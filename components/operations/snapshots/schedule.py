"""What is scheduled for the snapshots. Pure."""

from __future__ import annotations

from typing import Final

from components.operations.cron_job import ScheduledJob, Scratch, Token
from components.operations.layout import CONFIG
from components.operations.snapshots import layout as names
from components.operations.snapshots.job_file import audience
from components.settings import OperationsSettings, SnapshotSettings
from policies.plan import KubernetesRole

# The file is wrong, or the snapshot is older than the last one, or another cluster's.
_FINAL_EXIT_CODES: Final = (2, 5)
# To read, verify and send the largest that S3 takes, in all tries together.
_WORKING_SECONDS: Final = 3600


def scheduled(
    role: KubernetesRole, operations: OperationsSettings, snapshots: SnapshotSettings
) -> ScheduledJob:
    gcs = snapshots.gcs
    google = Token("google-token", names.GOOGLE_TOKEN, audience(gcs), 3600) if gcs else None
    return ScheduledJob(
        name=names.NAME,
        namespace=role.namespace,
        labels=names.LABELS,
        service_account=role.service_account,
        audience=role.audience,
        schedule=snapshots.schedule.text,
        interval_seconds=snapshots.schedule.interval.seconds,
        image=operations.image,
        container="snapshot",
        args=("snapshot", f"{CONFIG}/{names.SNAPSHOT_FILE}"),
        files="snapshot",
        final_exit_codes=_FINAL_EXIT_CODES,
        working_seconds=_WORKING_SECONDS,
        tokens=(google,) if google else (),
        scratch=Scratch(names.SCRATCH, str(snapshots.scratch)),
    )
