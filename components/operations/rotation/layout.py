"""What the objects of a rotation are called. Pure.

All are called as the rotation, so that whoever looks at one finds the others.
"""

from __future__ import annotations

from typing import Final

from components.operations import layout
from policies.plan import Rotation

SELECTOR: Final = layout.selector("rotation")
LABELS: Final = layout.labels("rotation")
_OF_ONE: Final = "vaultstack/rotation"

NETWORK_POLICY: Final = "vaultstack-rotations"
ROTATION_FILE: Final = "rotation.json"


def object_name(rotation: Rotation) -> str:
    """Raises `ValueError` where Kubernetes would refuse it for a CronJob."""
    name = f"rotation-{rotation.name}"
    if len(name) > layout.LONGEST:
        raise ValueError(
            f"rotation {rotation.name!r}: must have at most {layout.LONGEST - len('rotation-')} "
            f"characters, or Kubernetes refuses its CronJob {name!r}; shorten it in the matrix"
        )
    return name


def restart_annotation(rotation: Rotation) -> str:
    """Of the pods, by which the job restarts them (`vaultstack_jobs.rollout`)."""
    return f"rotation.vaultstack/{rotation.name}"


def labels(rotation: Rotation) -> dict[str, str]:
    return {**LABELS, _OF_ONE: rotation.name}
