"""`vaultstack_jobs.snapshot_configuration`: what a snapshot's file may say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vaultstack_jobs.outcomes import ConfigurationError
from vaultstack_jobs.snapshot_configuration import GcsPart, S3Part, decode, read

S3: dict[str, Any] = {
    "type": "s3",
    "bucket": "vault-prod-snapshots",
    "region": "eu-west-1",
    "prefix": "snapshots/",
    "endpoint": None,
}
GCS: dict[str, Any] = {
    "type": "gcs",
    "bucket": "vault-prod-snapshots",
    "prefix": "snapshots/",
    "credentials_file": "/etc/vaultstack/gcs.json",
    "endpoint": None,
}


def told(**changed: Any) -> dict[str, Any]:
    return {
        "name": "vault-snapshots",
        "interval_seconds": 86400,
        "vault": {
            "address": "https://vault-active.vault.svc:8200",
            "ca_file": "/etc/vaultstack/ca.crt",
            "role": "platform-snapshots",
            "token_file": "/var/run/secrets/vault/token",
        },
        "lease": {"namespace": "vault", "name": "vault-snapshots"},
        "folder": "/var/lib/vaultstack",
        "targets": [S3, GCS],
        **changed,
    }


def test_it_is_read_as_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "snapshot.json"
    file.write_text(json.dumps(told()))
    first, second = read(file).targets
    assert isinstance(first, S3Part)
    assert isinstance(second, GcsPart)
    assert (first.region, second.credentials_file) == ("eu-west-1", "/etc/vaultstack/gcs.json")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"targets": []}, "targets: must not be empty"),
        ({"targets": [S3, S3]}, r"targets\[1\]: is there twice"),
        ({"targets": [{**S3, "bucket": "A"}]}, r"targets\[0\].bucket: must be written like"),
        ({"targets": [{**S3, "region": "x"}]}, r"targets\[0\].region: must be written like"),
        ({"targets": [{**S3, "prefix": "/x"}]}, r"targets\[0\].prefix: must be written like"),
        ({"targets": [{**S3, "prefix": ""}]}, r"targets\[0\].prefix: must be written like"),
        ({"targets": [{**S3, "acl": "x"}]}, "acl: is not known"),
        ({"targets": [{**S3, "type": "ftp"}]}, "'ftp' is no such kind; fix: write one of s3, gcs"),
        ({"targets": [{**GCS, "credentials_file": "x"}]}, "must be an absolute path"),
        ({"folder": "here"}, "folder: must be an absolute path"),
        ({"interval_seconds": 1}, "interval_seconds: must be at least 60"),
        ({"lease": {"namespace": "vault"}}, "lease.name: must be there; fix: add it"),
    ],
)
def test_what_is_wrong_is_said_with_its_fix(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said) as caught:
        decode(json.dumps(told(**changed)), "file")
    assert "fix: " in str(caught.value)
