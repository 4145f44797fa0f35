"""The file that a job is given: what it rotates, how it finds Vault and as whom. No secret. Pure.

What is rotated is the plan's, word for word as it was reviewed; the stack says only where Vault is.
"""

from __future__ import annotations

import json

from components.operations.layout import CA_FILE, CONFIG, TOKEN_FILE, VAULT_TOKEN
from components.operations.rotation import layout as names
from components.settings import OperationsSettings
from policies.plan import Rotation


def job_files(rotation: Rotation, settings: OperationsSettings) -> dict[str, str]:
    """Name -> content of what lies in the pod's `/etc/vaultstack`."""
    ca = settings.ca_certificates
    content = {
        "name": rotation.name,
        "interval_seconds": rotation.interval_seconds,
        "vault": {
            "address": settings.vault_address,
            # None: the public CAs.
            "ca_file": f"{CONFIG}/{CA_FILE}" if ca else None,
            "role": rotation.role,
            "token_file": f"{VAULT_TOKEN}/{TOKEN_FILE}",
        },
        "lease": {"namespace": rotation.namespace, "name": names.object_name(rotation)},
        "task": rotation.task,
    }
    files = {names.ROTATION_FILE: json.dumps(content, indent=2, sort_keys=True) + "\n"}
    return {**files, CA_FILE: ca} if ca else files
