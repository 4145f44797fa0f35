"""What the files of all jobs have alike: how a job finds Vault, and as whom. No secret. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.operations.layout import CA_FILE, CONFIG, TOKEN_FILE, VAULT_TOKEN


def vault_part(address: str, role: str, ca: str | None) -> dict[str, Any]:
    """`ca`: the certificates that the servers' are verified by; None: the public ones."""
    return {
        "address": address,
        "ca_file": f"{CONFIG}/{CA_FILE}" if ca else None,
        "role": role,
        "token_file": f"{VAULT_TOKEN}/{TOKEN_FILE}",
    }


def written(contents: Mapping[str, Mapping[str, Any]], ca: str | None) -> dict[str, str]:
    """Name -> text of what lies in the pod's `/etc/vaultstack`: these as JSON, and the CA's."""
    files = {
        name: json.dumps(content, indent=2, sort_keys=True) + "\n"
        for name, content in contents.items()
    }
    return {**files, CA_FILE: ca} if ca else files
