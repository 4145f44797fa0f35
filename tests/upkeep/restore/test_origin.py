"""Where a snapshot comes from."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody

from tests.jobs.test_snapshot_targets import parcel
from upkeep.errors import UpkeepError
from upkeep.restore.origin import bring, named

NAME = parcel(Path("x")).name


def test_a_name_is_read_as_the_job_writes_it() -> None:
    found = named(f"s3://bucket/snapshots/{NAME}")
    assert found is not None
    one = parcel(Path("x"))
    assert found.cluster_id == one.cluster_id
    assert found.taken == "20260131T120000Z"
    assert found.index == one.snapshot.index
    assert one.snapshot.sha256.hex().startswith(found.content)


@pytest.mark.parametrize("name", ["mine.snap", f"{NAME}.gz.old/x", "", NAME[:-1]])
def test_another_name_says_nothing(name: str) -> None:
    assert named(name) is None


def test_a_file_is_copied(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"it")
    assert bring(str(tmp_path / "a"), tmp_path / "b") == str(tmp_path / "a")
    assert (tmp_path / "b").read_bytes() == b"it"
    with pytest.raises(UpkeepError, match="must be a snapshot's file, s3://BUCKET/NAME"):
        bring(str(tmp_path / "none"), tmp_path / "b")


class Bucket:
    """S3, as far as it is asked."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self._objects = objects

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> list[dict[str, Any]]:  # noqa: N803
        keys = [{"Key": key} for key in self._objects if key.startswith(Prefix)]
        return [{"Contents": keys}, {}] if Bucket == "bucket" else [{}]

    def get_object(self, *, Bucket: str, Key: str, ChecksumMode: str) -> dict[str, Any]:  # noqa: N803
        if Bucket != "bucket" or Key not in self._objects:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")
        assert ChecksumMode == "ENABLED"
        content = self._objects[Key]
        return {"Body": StreamingBody(io.BytesIO(content), len(content))}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    later = NAME.replace("20260131", "20260201")
    objects = {f"snapshots/{later}": b"new", f"snapshots/{NAME}": b"old", "snapshots/zzz": b"?"}
    monkeypatch.setattr(boto3, "client", lambda _: Bucket(objects))


@pytest.mark.usefixtures("bucket")
def test_a_folder_stands_for_the_newest_in_it(tmp_path: Path) -> None:
    source = bring("s3://bucket/snapshots/", tmp_path / "it")
    assert source.startswith("s3://bucket/snapshots/20260201T")
    assert (tmp_path / "it").read_bytes() == b"new"
    assert bring(f"s3://bucket/snapshots/{NAME}", tmp_path / "it").endswith(NAME)
    assert (tmp_path / "it").read_bytes() == b"old"


def test_an_old_one_with_a_new_name_is_not_taken_for_the_newest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    time, index, rest = NAME.split("-", 2)
    renamed = f"20990101T000000Z-{int(index) - 1:012d}-{rest}"
    others = f"{time}-{'9' * 12}-00000000-{rest.split('-', 1)[1]}"
    objects = {f"snapshots/{one}": b"" for one in (NAME, renamed, others)}
    monkeypatch.setattr(boto3, "client", lambda _: Bucket(objects))
    with pytest.raises(UpkeepError, match="somebody renamed it") as caught:
        bring("s3://bucket/snapshots/", tmp_path / "it")
    assert renamed in str(caught.value)
    assert NAME in str(caught.value)
    assert bring(f"s3://bucket/snapshots/{renamed}", tmp_path / "it").endswith(renamed)
    del objects[f"snapshots/{NAME}"]  # another cluster's says nothing of this one's
    assert bring("s3://bucket/snapshots/", tmp_path / "it").endswith(renamed)


@pytest.mark.usefixtures("bucket")
def test_what_is_not_there_or_not_given_is_said(tmp_path: Path) -> None:
    with pytest.raises(UpkeepError, match="there is no snapshot in it"):
        bring("s3://bucket/other/", tmp_path / "it")
    with pytest.raises(UpkeepError, match=r"S3 did not give it .*needs s3:GetObject there"):
        bring("s3://bucket/snapshots/none", tmp_path / "it")
