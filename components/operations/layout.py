"""What the objects of a rotation are called, and where things are in its pod. Pure.

All are called as the rotation, so that whoever looks at one finds the others.
"""

from __future__ import annotations

from typing import Final

from components.namespace import MANAGED
from policies.plan import Rotation

SELECTOR: Final = {
    "app.kubernetes.io/name": "vaultstack-jobs",
    "app.kubernetes.io/component": "rotation",
}
LABELS: Final = {**MANAGED, **SELECTOR}
_OF_ONE: Final = "vaultstack/rotation"

NETWORK_POLICY: Final = "vaultstack-rotations"

# In a pod.
CONFIG: Final = "/etc/vaultstack"
ROTATION_FILE: Final = "rotation.json"
CA_FILE: Final = "ca.crt"
VAULT_TOKEN: Final = "/var/run/secrets/vault"
KUBERNETES_TOKEN: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
"""Where every client of Kubernetes looks."""
TOKEN_FILE: Final = "token"

# A CronJob appends eleven characters to the names of its Jobs, which must be labels.
_LONGEST: Final = 52


def object_name(rotation: Rotation) -> str:
    """Raises `ValueError` where Kubernetes would refuse it for a CronJob."""
    name = f"rotation-{rotation.name}"
    if len(name) > _LONGEST:
        raise ValueError(
            f"rotation {rotation.name!r}: must have at most {_LONGEST - len('rotation-')} "
            f"characters, or Kubernetes refuses its CronJob {name!r}; shorten it in the matrix"
        )
    return name


def restart_annotation(rotation: Rotation) -> str:
    """Of the pods, by which the job restarts them (`vaultstack_jobs.rollout`)."""
    return f"rotation.vaultstack/{rotation.name}"


def labels(rotation: Rotation) -> dict[str, str]:
    return {**LABELS, _OF_ONE: rotation.name}
