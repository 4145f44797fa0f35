"""The files that the job is given: how it finds Vault, as whom, and where snapshots go. No secret.
Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.operations import layout
from components.operations.job_files import vault_part, written
from components.operations.snapshots import layout as names
from components.settings import GcsSettings, OperationsSettings, SnapshotSettings
from policies.plan import KubernetesRole


def job_files(
    role: KubernetesRole,
    operations: OperationsSettings,
    snapshots: SnapshotSettings,
    buckets: Mapping[str, str],
) -> dict[str, str]:
    """Name -> content of what lies in the pod's `/etc/vaultstack`. `buckets`: name -> region."""
    ca = operations.ca_certificates
    content = {
        "name": names.NAME,
        "interval_seconds": snapshots.schedule.interval.seconds,
        # Only a leader has snapshots, and a standby would send the job to it by this name.
        "vault": vault_part(operations.kubernetes.leader_address, role.name, ca),
        "lease": {"namespace": role.namespace, "name": names.NAME},
        "folder": names.SCRATCH,
        "targets": [
            *(_s3(bucket, region, snapshots.endpoint) for bucket, region in buckets.items()),
            *([_gcs(snapshots.gcs)] if snapshots.gcs else []),
        ],
    }
    files = {names.SNAPSHOT_FILE: content}
    if snapshots.gcs:
        files[names.GOOGLE_FILE] = _identity(snapshots.gcs)
    return written(files, ca)


def audience(gcs: GcsSettings) -> str:
    """Of the token that Google exchanges for one of its own."""
    return f"//iam.googleapis.com/{gcs.provider}"


def _s3(bucket: str, region: str, endpoint: str | None) -> dict[str, Any]:
    return {
        "type": "s3",
        "bucket": bucket,
        "region": region,
        "prefix": names.PREFIX,
        "endpoint": endpoint,
    }


def _gcs(gcs: GcsSettings) -> dict[str, Any]:
    return {
        "type": "gcs",
        "bucket": gcs.bucket,
        "prefix": names.PREFIX,
        "credentials_file": f"{layout.CONFIG}/{names.GOOGLE_FILE}",
        "endpoint": None,
    }


def _identity(gcs: GcsSettings) -> dict[str, Any]:
    """As Google's libraries read it: which token to exchange, and where."""
    return {
        "type": "external_account",
        "audience": audience(gcs),
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {"file": f"{names.GOOGLE_TOKEN}/{layout.TOKEN_FILE}"},
    }
