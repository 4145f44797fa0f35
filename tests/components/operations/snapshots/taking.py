"""Snapshots for the tests of the job that takes them, built by hand."""

from __future__ import annotations

from typing import Final

from components.settings import (
    Bytes,
    GcsSettings,
    OperationsSettings,
    SecondRegionSettings,
    SnapshotSettings,
)
from policies.plan import KubernetesRole, TokenSettings
from policies.schedule import Cron
from tests.components.cluster.deployments import DEPLOYMENT

ROLE: Final = KubernetesRole(
    "platform-snapshots",
    "snapshots",
    "vault",
    "vault-prod",
    TokenSettings(("platform-snapshots-prod",), 300, 300),
)
OPERATIONS: Final = OperationsSettings(
    DEPLOYMENT.kubernetes, "registry.example/jobs:1.2.3", "https://vault.example:8200", "a CA"
)
PLAIN: Final = SnapshotSettings(
    Cron("20 2 * * *"), Bytes.parse("10Gi"), role_arn=None, endpoint=None, second=None, gcs=None
)
PROVIDER: Final = "projects/1/locations/global/workloadIdentityPools/p/providers/v"
EVERYWHERE: Final = SnapshotSettings(
    Cron("0 */6 * * *"),
    Bytes.parse("1Gi"),
    role_arn=None,
    endpoint="https://s3.example",
    second=SecondRegionSettings("eu-central-1", None),
    gcs=GcsSettings("backups", PROVIDER),
)
