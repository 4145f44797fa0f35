"""Where a snapshot comes from, and what its name says of it. Brings it here as a file, never into
memory.
"""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from upkeep.errors import UpkeepError

_URL: Final = re.compile(r"(s3|gs)://([a-z0-9][a-z0-9._-]+)/(.*)")
# As `vaultstack_jobs.snapshot_targets` names them.
_NAME: Final = re.compile(
    r"(?P<time>[0-9]{8}T[0-9]{6}Z)-(?P<index>[0-9]{12})-(?P<cluster>[0-9a-f-]{36})"
    r"-(?P<content>[0-9a-f]{16})\.snap"
)


@dataclass(frozen=True, slots=True)
class Named:
    """What a snapshot's name says; it is kept wherever the file is copied to."""

    taken: str
    index: int
    """Raft's, which grows with every change."""
    cluster_id: str
    content: str
    """How its SHA-256 begins."""


def named(source: str) -> Named | None:
    """None where somebody called it otherwise."""
    found = _NAME.search(source.rsplit("/", 1)[-1])
    if found is None:
        return None
    return Named(found["time"], int(found["index"]), found["cluster"], found["content"])


def bring(source: str, into: Path) -> str:
    """Copy it; which one it was, as a URL or path. A bucket's folder, with its last slash, stands
    for the newest in it. Raises `UpkeepError`.
    """
    if (found := _URL.fullmatch(source)) is None:
        return _copied(Path(source), into)
    kind, bucket, key = found.groups()
    return _from_s3(bucket, key, into) if kind == "s3" else _from_google(bucket, key, into)


def _copied(path: Path, into: Path) -> str:
    try:
        shutil.copyfile(path, into)
    except OSError as error:
        raise UpkeepError(
            f"{path}: must be a snapshot's file, s3://BUCKET/NAME or gs://BUCKET/NAME, but "
            f"{error.strerror}"
        ) from None
    return str(path)


def _from_s3(bucket: str, key: str, into: Path) -> str:
    try:
        client: Any = boto3.client("s3")
        if not key or key.endswith("/"):
            key = _newest(client, bucket, key)
        answer = client.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
        with into.open("wb") as file:
            for chunk in answer["Body"].iter_chunks(1 << 20):
                file.write(chunk)
    except (ClientError, BotoCoreError) as error:
        raise UpkeepError(
            f"s3://{bucket}/{key}: S3 did not give it ({error}); whoever restores needs "
            "s3:GetObject there, and s3:ListBucket for the newest, which the job's role has not"
        ) from None
    return f"s3://{bucket}/{key}"


def _newest(client: Any, bucket: str, prefix: str) -> str:
    """Names sort by time. Whoever may only write to the bucket could give an old snapshot a name of
    today, and so bring back what was revoked since: then another one of the cluster has seen more.
    """
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [str(one["Key"]) for page in pages for one in page.get("Contents", ())]
    snapshots = {key: name for key in keys if (name := named(key))}
    if not snapshots:
        raise UpkeepError(f"s3://{bucket}/{prefix}: there is no snapshot in it")
    newest = max(snapshots, key=lambda key: key.rsplit("/", 1)[-1])
    of_cluster = {
        key: name.index
        for key, name in snapshots.items()
        if name.cluster_id == snapshots[newest].cluster_id
    }
    furthest = max(of_cluster, key=lambda key: of_cluster[key])
    if of_cluster[newest] < of_cluster[furthest]:
        raise UpkeepError(
            f"s3://{bucket}/{newest} has the latest name, but holds less than {furthest} (Raft's "
            f"index {of_cluster[newest]}, and {of_cluster[furthest]}): the cluster was restored "
            "from an older one, or somebody renamed it; name the one that is meant in full"
        )
    return newest


def _from_google(bucket: str, key: str, into: Path) -> str:
    # It takes a second to load, and few need it.
    from google.api_core.exceptions import GoogleAPIError  # noqa: PLC0415
    from google.auth.exceptions import GoogleAuthError  # noqa: PLC0415
    from google.cloud import storage  # type: ignore[import-untyped] # noqa: PLC0415

    try:
        storage.Client().bucket(bucket).blob(key).download_to_filename(str(into))
    except (GoogleAPIError, GoogleAuthError, OSError) as error:
        raise UpkeepError(
            f"gs://{bucket}/{key}: Google did not give it ({error}); whoever restores needs "
            "storage.objects.get there, which the job has not"
        ) from None
    return f"gs://{bucket}/{key}"
