"""Snapshots for tests, as hashicorp/raft-snapshot and Vault write them, and damaged ones."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from typing import Any, Final

STATE: Final = b"state" * 4000
KEY: Final = "arn:aws:kms:eu-west-1:222222222222:key/11111111-2222"


def meta(**changed: Any) -> dict[str, Any]:
    servers = [
        {"Suffrage": number == 2, "ID": f"vault-{number}", "Address": f"vault-{number}:8201"}
        for number in range(3)
    ]
    return {
        "Version": 1,
        "ID": "bolt-snapshot",
        "Index": 4711,
        "Term": 3,
        "Peers": "AA==",
        "Configuration": {"Servers": servers},
        "ConfigurationIndex": 5,
        "Size": len(STATE),
        **changed,
    }


def field(number: int, content: bytes) -> bytes:
    """Of a protobuf message, with a length below 128."""
    return bytes([number << 3 | 2, len(content)]) + content


SEALED: Final = (
    field(1, b"ciphertext") + b"\x20\x01" + field(5, b"\x08\x01" + field(3, KEY.encode()))
)


def sums(files: Mapping[str, bytes]) -> bytes:
    return "".join(
        f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n"
        for name in ("state.bin", "meta.json")
    ).encode()


def files(**changed: Any) -> dict[str, bytes]:
    """What is in one. `changed`: of `meta.json`."""
    found = {"meta.json": json.dumps(meta(**changed)).encode(), "state.bin": STATE}
    return {**found, "SHA256SUMS": sums(found), "SHA256SUMS.sealed": SEALED}


def tar(content: Mapping[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in content.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return made.getvalue()


def packed(content: Mapping[str, bytes]) -> bytes:
    return gzip.compress(tar(content), mtime=0)


def snapshot(**changed: Any) -> bytes:
    return packed(files(**changed))
