"""`vaultstack_jobs.s3_target`: what S3 has, it has whole; why it has not, is said with the fix."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.archives import snapshot
from tests.jobs.stores import ObjectStore, s3
from tests.jobs.test_snapshot_targets import parcel
from vaultstack_jobs.s3_target import S3Target
from vaultstack_jobs.snapshot_configuration import S3Part
from vaultstack_jobs.snapshot_targets import Parcel, Receipt, TargetError

CONTENT = snapshot()


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "x"),
        ("AWS_SECRET_ACCESS_KEY", "y"),
        ("AWS_CONFIG_FILE", "/none"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/none"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("NO_PROXY", "*"),
    ):
        monkeypatch.setenv(name, value)
    with s3(ObjectStore()) as found:
        yield found


@pytest.fixture
def one(tmp_path: Path) -> Parcel:
    file = tmp_path / "snapshot.gz"
    file.write_bytes(CONTENT)
    return parcel(file, digest=hashlib.sha256(CONTENT).digest())


def target(store: ObjectStore) -> S3Target:
    part = S3Part(bucket="backups", region="eu-west-1", prefix="snapshots/", endpoint=store.url)
    return S3Target(part)


def put(store: ObjectStore, one: Parcel) -> Receipt:
    return target(store).put(one, lambda: None)


def refused(store: ObjectStore, one: Parcel) -> str:
    with pytest.raises(TargetError) as caught:
        put(store, one)
    assert str(caught.value).startswith("s3://backups/snapshots/: ")
    return str(caught.value)


def test_it_is_there_whole_encrypted_and_says_what_it_is(store: ObjectStore, one: Parcel) -> None:
    receipt = put(store, one)
    assert receipt == Receipt(f"s3://backups/snapshots/{one.name}", "v1", "AES256")
    (path,) = store.objects
    assert path == f"/backups/snapshots/{one.name}"
    assert store.objects[path] == CONTENT
    sent = store.headers[path]
    assert sent["If-None-Match"] == "*"
    assert sent["x-amz-server-side-encryption"] == "AES256"
    assert sent["x-amz-meta-cluster-id"] == one.cluster_id


def test_it_does_nothing_but_put(store: ObjectStore, one: Parcel) -> None:
    """Its role may do nothing else: not even look whether the bucket is there."""
    put(store, one)
    assert [line.split()[0] for line in store.requests] == ["PUT"]


def test_one_whose_answer_was_lost_is_there(store: ObjectStore, one: Parcel) -> None:
    store.lose_answers = 1
    assert put(store, one).object == f"s3://backups/snapshots/{one.name}"
    assert len(store.objects) == 1
    assert len(store.requests) == 2


def test_it_is_shown_that_it_is_sent(store: ObjectStore, one: Parcel) -> None:
    beats: list[int] = []
    target(store).put(one, lambda: beats.append(1))
    assert beats


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (404, "NoSuchBucket", "no such bucket; fix: make it"),
        (403, "AccessDenied", "may not put there; fix: give its role s3:PutObject"),
        (403, "SomethingElse", "may not put there"),
        (400, "EntityTooLarge", "larger than the store takes"),
        (507, "InsufficientStorage", "the store is full; fix: make room"),
        (507, "XMinioStorageFull", "the store is full; fix: make room"),
        (403, "QuotaExceeded", "quota is used up; fix: raise it"),
        (503, "SlowDown", "takes no more requests for now"),
        (400, "ExpiredToken", "the pod's token for AWS has ended"),
        (400, "Unheard", "see what the store says"),
    ],
)
def test_why_it_is_not_there_is_said(
    store: ObjectStore, one: Parcel, status: int, code: str, said: str
) -> None:
    store.failures = [(status, code)] * 9
    told = refused(store, one)
    assert said in told
    assert f"{code}: because of {code}" in told
    assert store.objects == {}


def test_a_store_that_is_busy_for_a_moment_is_asked_again(store: ObjectStore, one: Parcel) -> None:
    store.failures = [(503, "SlowDown")]
    assert put(store, one)


def test_what_changes_on_its_way_is_noticed_by_s3(store: ObjectStore, one: Parcel) -> None:
    store.changes = lambda content: content[:-1]
    assert "what arrived is not what was sent" in refused(store, one)


def test_a_bucket_that_does_not_encrypt_is_none(store: ObjectStore, one: Parcel) -> None:
    store.encrypts = False
    assert "must encrypt what lies in it" in refused(store, one)


def test_nobody_there(store: ObjectStore, one: Parcel) -> None:
    store.url = "http://127.0.0.1:1"
    assert "S3 cannot be asked" in refused(store, one)


def test_one_that_s3_does_not_take_in_one_piece_is_not_sent(
    store: ObjectStore, one: Parcel
) -> None:
    large = dataclasses.replace(one.snapshot, file_bytes=(5 << 30) + 1)
    assert "S3 takes 5 GiB in one piece" in refused(store, dataclasses.replace(one, snapshot=large))
    assert store.requests == []
