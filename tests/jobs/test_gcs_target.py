"""`vaultstack_jobs.gcs_target`: what Google has, it has whole; and why it has not, is said."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

with warnings.catch_warnings():
    # Google tells how long it will serve this Python, and what else could be installed.
    warnings.simplefilter("ignore")
    from vaultstack_jobs.gcs_target import GcsTarget

from tests.jobs.archives import snapshot
from tests.jobs.stores import ObjectStore, gcs
from tests.jobs.test_snapshot_targets import parcel
from vaultstack_jobs.snapshot_configuration import GcsPart
from vaultstack_jobs.snapshot_targets import Parcel, Receipt, TargetError

SMALL = snapshot()
LARGE = SMALL * (9 * (1 << 20) // len(SMALL) + 1)
"""More than goes in one piece."""


@pytest.fixture
def store() -> Iterator[ObjectStore]:
    with gcs(ObjectStore()) as found:
        yield found


def of(content: bytes, folder: Path) -> Parcel:
    file = folder / "snapshot.gz"
    file.write_bytes(content)
    return parcel(file, digest=hashlib.sha256(content).digest())


def part(store: ObjectStore) -> GcsPart:
    return GcsPart(bucket="backups", prefix="snapshots/", credentials_file=None, endpoint=store.url)


def put(store: ObjectStore, one: Parcel) -> Receipt:
    return GcsTarget(part(store)).put(one, lambda: None)


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["one piece", "pieces"])
def test_it_is_there_whole_and_says_what_it_is(
    store: ObjectStore, tmp_path: Path, content: bytes
) -> None:
    one = of(content, tmp_path)
    receipt = put(store, one)
    assert receipt == Receipt(f"gs://backups/snapshots/{one.name}", "17", "Google's")
    assert store.objects == {f"snapshots/{one.name}": content}
    told = store.headers[f"snapshots/{one.name}"]
    assert told["metadata"] == one.metadata  # type: ignore[comparison-overlap]


def test_it_is_never_overwritten(store: ObjectStore, tmp_path: Path) -> None:
    one = of(SMALL, tmp_path)
    put(store, one)
    assert put(store, one).version == ""
    assert len(store.objects) == 1
    assert all("ifGenerationMatch=0" in line for line in store.requests)


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["one piece", "pieces"])
@pytest.mark.parametrize("careless", [False, True])
def test_what_changes_on_its_way_is_noticed(
    store: ObjectStore, tmp_path: Path, content: bytes, careless: bool
) -> None:
    store.careless, store.changes = careless, lambda content: content[:-1]
    with pytest.raises(TargetError):
        put(store, of(content, tmp_path))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (403, "may not put there; fix: give it storage.objects.create"),
        (404, "no such bucket; fix: make it"),
        (507, "the store is full"),
        (400, "see what the store says"),
    ],
)
def test_why_it_is_not_there_is_said(
    store: ObjectStore, tmp_path: Path, status: int, said: str
) -> None:
    store.failures = [(status, "it")] * 9
    with pytest.raises(TargetError, match=said) as caught:
        put(store, of(SMALL, tmp_path))
    assert str(caught.value).startswith("gs://backups/snapshots/: ")
    assert "because of it" in str(caught.value)


def test_who_the_pod_is_must_be_told(store: ObjectStore, tmp_path: Path) -> None:
    file = tmp_path / "credentials.json"
    file.write_text(json.dumps({"type": "none"}))
    asked = GcsPart(
        bucket="backups", prefix="snapshots/", credentials_file=str(file), endpoint=None
    )
    with pytest.raises(TargetError, match="Google cannot be asked"):
        GcsTarget(asked).put(of(SMALL, tmp_path), lambda: None)
    assert store.requests == []


def test_it_is_shown_that_it_is_sent(store: ObjectStore, tmp_path: Path) -> None:
    beats: list[int] = []
    one = of(LARGE, tmp_path)
    GcsTarget(part(store)).put(dataclasses.replace(one), lambda: beats.append(1))
    assert beats
