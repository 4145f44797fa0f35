"""`vaultstack_jobs.snapshot_targets`: what a snapshot is called, and that sending it is shown."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from vaultstack_jobs.snapshot_archive import Server, Snapshot
from vaultstack_jobs.snapshot_targets import Beating, Parcel

CLUSTER = "11111111-2222-3333-4444-555555555555"
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


def parcel(
    path: Path, index: int = 4711, taken: datetime = NOON, digest: bytes = b"\1" * 32
) -> Parcel:
    servers = (Server("vault-0", "vault-0:8201", voter=True),)
    size = path.stat().st_size if path.exists() else 0
    snapshot = Snapshot(index, 3, servers, 20000, "a key", size, digest)
    return Parcel(path, snapshot, taken, CLUSTER, "1.21.0")


def test_a_name_says_when_how_far_whose_and_of_what_content() -> None:
    assert parcel(Path("x")).name == (f"20260131T120000Z-000000004711-{CLUSTER}-{'01' * 8}.snap")


def test_names_sort_by_time() -> None:
    later = NOON + timedelta(days=300)
    assert parcel(Path("x"), index=9).name < parcel(Path("x"), index=8, taken=later).name


def test_other_content_has_another_name() -> None:
    """So one of this name that is there already is this one."""
    assert parcel(Path("x")).name != parcel(Path("x"), digest=b"\2" * 32).name


def test_what_is_known_without_opening_it() -> None:
    assert parcel(Path("x")).metadata == {
        "cluster-id": CLUSTER,
        "raft-index": "4711",
        "raft-term": "3",
        "seal-key": "a key",
        "sha256": "01" * 32,
        "vault-version": "1.21.0",
    }


def test_each_piece_that_is_sent_is_a_sign_of_life() -> None:
    beats: list[int] = []
    file = Beating(io.BytesIO(b"abcd"), lambda: beats.append(1))
    assert (file.read(2), file.tell(), file.seek(1), file.read()) == (b"ab", 2, 1, b"bcd")
    assert len(beats) == 2
    assert not file.closed
