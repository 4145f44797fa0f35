"""The file that says where snapshots go (`strict` reads it)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, get_args

from vaultstack_jobs import strict
from vaultstack_jobs.strict import (
    LeasePart,
    Part,
    VaultPart,
    absolute,
    matching,
    text_of,
    whereabouts,
)

_BUCKET: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_PREFIX: Final = re.compile(r"([a-z0-9][a-z0-9._-]*/)+")


class S3Part(Part, frozen=True, tag="s3"):
    """A bucket of S3, as whoever the pod is in AWS. `endpoint` None: AWS's own."""

    bucket: str
    region: str
    prefix: str
    endpoint: str | None


class GcsPart(Part, frozen=True, tag="gcs"):
    """A bucket of Google's. `credentials_file` says how the pod proves who it is there, and holds
    no secret; None: as Google's own machines do. `endpoint` None: Google's own.
    """

    bucket: str
    prefix: str
    credentials_file: str | None
    endpoint: str | None


TargetPart = S3Part | GcsPart


class Snapshots(Part, frozen=True):
    """The whole file."""

    name: str
    interval_seconds: int
    vault: VaultPart
    lease: LeasePart
    folder: str
    """Where a snapshot lies until it is somewhere else."""
    targets: list[TargetPart]


_KINDS: Final = tuple(str(kind.__struct_config__.tag) for kind in get_args(TargetPart))


def read(path: Path) -> Snapshots:
    """Raises `ConfigurationError`, which lists every problem that can be seen at once."""
    return decode(text_of(path), str(path))


def decode(text: str, source: str) -> Snapshots:
    """Raises `ConfigurationError`; `source` is what errors call the text."""
    return strict.decode(text, source, Snapshots, _kinds, _problems)


def _kinds(_: str) -> Sequence[str]:
    return _KINDS


def _problems(told: Snapshots) -> Iterator[str]:
    yield from whereabouts(told.name, told.interval_seconds, told.vault, told.lease)
    yield from absolute("folder", told.folder)
    if not told.targets:
        yield "targets: must not be empty, or snapshots went nowhere; fix: name a bucket"
    for number, target in enumerate(told.targets):
        yield from _problems_of(f"targets[{number}]", target)
        if target in told.targets[:number]:
            yield f"targets[{number}]: is there twice; fix: remove it, or correct the bucket"


def _problems_of(key: str, target: TargetPart) -> Iterator[str]:
    yield from matching(f"{key}.bucket", target.bucket, _BUCKET, "vault-prod-snapshots")
    yield from matching(f"{key}.prefix", target.prefix, _PREFIX, "snapshots/")
    match target:
        case S3Part():
            yield from matching(f"{key}.region", target.region, _REGION, "eu-west-1")
        case GcsPart():
            yield from absolute(f"{key}.credentials_file", target.credentials_file)
