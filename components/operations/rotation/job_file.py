"""The file that a job is given: what it rotates, how it finds Vault and as whom. No secret. Pure.

What is rotated is the plan's, word for word as it was reviewed; the stack says only where Vault is.
"""

from __future__ import annotations

from components.operations.job_files import vault_part, written
from components.operations.rotation import layout as names
from components.settings import OperationsSettings
from policies.plan import Rotation


def job_files(rotation: Rotation, settings: OperationsSettings) -> dict[str, str]:
    """Name -> content of what lies in the pod's `/etc/vaultstack`."""
    ca = settings.ca_certificates
    content = {
        "name": rotation.name,
        "interval_seconds": rotation.interval_seconds,
        "vault": vault_part(settings.vault_address, rotation.role, ca),
        "lease": {"namespace": rotation.namespace, "name": names.object_name(rotation)},
        "task": rotation.task,
    }
    return written({names.ROTATION_FILE: content}, ca)
