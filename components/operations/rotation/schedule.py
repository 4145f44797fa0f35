"""What is scheduled for a rotation. Pure."""

from __future__ import annotations

from typing import Final

from components.operations.cron_job import ScheduledJob
from components.operations.layout import CONFIG
from components.operations.rotation import layout as names
from policies.plan import Rotation

# The file is wrong, or the application did not take the new value and has its old one back. A
# second restart would only disturb it again.
_FINAL_EXIT_CODES: Final = (2, 3)


def scheduled(rotation: Rotation, image: str) -> ScheduledJob:
    tell = rotation.task.get("tell") or {}
    return ScheduledJob(
        name=names.object_name(rotation),
        namespace=rotation.namespace,
        labels=names.labels(rotation),
        service_account=rotation.service_account,
        audience=rotation.audience,
        schedule=rotation.schedule,
        interval_seconds=rotation.interval_seconds,
        image=image,
        container="rotate",
        args=("rotate", f"{CONFIG}/{names.ROTATION_FILE}"),
        files="rotation",
        final_exit_codes=_FINAL_EXIT_CODES,
        # Long enough for an application to be restarted, and once more with its previous value.
        working_seconds=2 * int(tell.get("ready_within_seconds", 0)),
    )
