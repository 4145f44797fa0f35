"""What the job is told: it reads it as it is meant."""

from __future__ import annotations

import json

import pytest

from components.operations.snapshots.job_file import audience, job_files
from components.settings import SnapshotSettings
from tests.components.operations.snapshots.taking import (
    EVERYWHERE,
    OPERATIONS,
    PLAIN,
    PROVIDER,
    ROLE,
)
from vaultstack_jobs.snapshot_configuration import GcsPart, S3Part, Snapshots, decode

BUCKETS = {"first": "eu-west-1", "second": "eu-central-1"}


def read(snapshots: SnapshotSettings) -> tuple[dict[str, str], Snapshots]:
    files = job_files(ROLE, OPERATIONS, snapshots, BUCKETS)
    return files, decode(files["snapshot.json"], "snapshot.json")


@pytest.mark.parametrize("snapshots", [PLAIN, EVERYWHERE], ids=["plain", "everywhere"])
def test_the_job_reads_it(snapshots: SnapshotSettings) -> None:
    files, told = read(snapshots)
    assert told.vault.role == "platform-snapshots"
    assert told.interval_seconds == snapshots.schedule.interval.seconds
    assert files["ca.crt"] == "a CA"


def test_it_asks_who_leads() -> None:
    """A standby has no snapshot, and the job's network policy reaches servers only."""
    _, told = read(PLAIN)
    assert told.vault.address == "https://vault-active.vault.svc.cluster.local:8200"


def test_it_goes_to_every_bucket() -> None:
    _, told = read(PLAIN)
    s3 = [one for one in told.targets if isinstance(one, S3Part)]
    assert {one.bucket: one.region for one in s3} == BUCKETS
    assert {one.prefix for one in told.targets} == {"snapshots/"}
    assert len(s3) == len(told.targets)


def test_google_is_told_by_which_token_it_knows_the_job() -> None:
    files, told = read(EVERYWHERE)
    *_, gcs = told.targets
    assert isinstance(gcs, GcsPart)
    assert gcs.credentials_file == "/etc/vaultstack/google.json"
    identity = json.loads(files["google.json"])
    assert EVERYWHERE.gcs is not None
    assert identity["audience"] == audience(EVERYWHERE.gcs) == f"//iam.googleapis.com/{PROVIDER}"
    assert identity["credential_source"] == {"file": "/var/run/secrets/google/token"}
    assert "google.json" not in read(PLAIN)[0]
