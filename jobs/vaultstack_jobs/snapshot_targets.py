"""Where a snapshot is put, as far as the run that puts it knows. What a target can do is little:
the job may write new objects, and neither read, list, change nor delete any.

So a run trusts what a store answers to the write itself, for it cannot look again: that the store
computed the same checksum over what it received. What it never hears of is what becomes of the
object afterwards; that is a restore's to find (`python -m rehearsal.restore_drill`).
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from vaultstack_jobs.snapshot_archive import Snapshot


class TargetError(Exception):
    """It is not there, as far as this run knows: says why, and what mends it."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A verified snapshot, and what is to be known of it without opening it."""

    path: Path
    snapshot: Snapshot
    taken: datetime
    cluster_id: str
    vault_version: str

    @property
    def name(self) -> str:
        """Sorts by time. Says which cluster's it is, also where it was copied to; and of what
        content, so that one of this name holds nothing else.
        """
        time = self.taken.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        content = self.snapshot.sha256.hex()[:16]
        return f"{time}-{self.snapshot.index:012d}-{self.cluster_id}-{content}.snap"

    @property
    def metadata(self) -> Mapping[str, str]:
        return {
            "cluster-id": self.cluster_id,
            "raft-index": str(self.snapshot.index),
            "raft-term": str(self.snapshot.term),
            "seal-key": self.snapshot.seal_key,
            "sha256": self.snapshot.sha256.hex(),
            "vault-version": self.vault_version,
        }

    @property
    def checksum(self) -> str:
        """Of the file, as S3 writes it."""
        return base64.b64encode(self.snapshot.sha256).decode()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a store said when it had all of it."""

    object: str
    """As a URL: `s3://bucket/name`."""
    version: str
    """Of the object, where the bucket keeps versions; else empty."""
    encryption: str
    """At rest, as the store says; empty where it does not."""


class Target(Protocol):
    @property
    def url(self) -> str:
        """The folder that objects are put into."""

    def put(self, parcel: Parcel, beat: Callable[[], object]) -> Receipt:
        """Write it, whole, unless it is there already. `beat` is called every so often.

        Raises `TargetError`.
        """


class Beating:
    """A file that tells whenever some of it is read: a large one takes minutes to send."""

    def __init__(self, file: IO[bytes], beat: Callable[[], object]) -> None:
        self._file, self._beat = file, beat

    def read(self, size: int = -1) -> bytes:
        self._beat()
        return self._file.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
