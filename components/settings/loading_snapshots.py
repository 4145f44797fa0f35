"""Reads and validates what only the snapshots are told."""

from __future__ import annotations

import re
from typing import Final

from components.settings.deployment import DeploymentSettings
from components.settings.loading_aws import BUCKET
from components.settings.quantity import Bytes
from components.settings.reader import NAMESPACE, ConfigReader, Rules
from components.settings.snapshots import GcsSettings, SecondRegionSettings, SnapshotSettings
from policies.schedule import Cron

_DEFAULT: Final = "20 2 * * *"
_LEAST: Final = Bytes.parse("100Mi")
_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_ROLE: Final = r"arn:aws(-[a-z]+)*:iam::{}:role/[\w+=,.@/-]+"
_PROVIDER: Final = re.compile(
    r"projects/[0-9]+/locations/global/workloadIdentityPools/[a-z0-9-]+/providers/[a-z0-9-]+"
)


def read_snapshots(
    read: ConfigReader, deployment: DeploymentSettings | None, *, raft: bool, jobs: bool
) -> SnapshotSettings | None:
    """None where nobody takes any: on files Vault makes none, without an image no job runs, and of
    servers that somebody else deployed nobody here knows where they may be kept. The keys are read
    all the same.
    """
    aws = deployment.aws if deployment else None
    rules = Rules(read, hold=raft and jobs and aws is not None)
    settings = SnapshotSettings(
        schedule=_schedule(rules),
        scratch=read.amount("snapshotStorage", Bytes, "10Gi"),
        role_arn=read.text("snapshotRoleArn") or None,
        endpoint=read.secure_url("snapshotEndpoint", plain_allowed=not rules.hold) or None,
        second=_second(rules, aws.region if aws else ""),
        gcs=_gcs(rules),
    )
    if settings.scratch < _LEAST and read.sound("snapshotStorage"):
        rules.problem(
            "snapshotStorage",
            f"must be at least {_LEAST}, is {settings.scratch}: a snapshot lies there until it is "
            "stored",
            f"pulumi config set {NAMESPACE}:snapshotStorage 10Gi",
        )
    if aws is None or not rules.hold:
        return None
    if settings.role_arn and not re.fullmatch(_ROLE.format(aws.account_id), settings.role_arn):
        rules.problem(
            "snapshotRoleArn",
            f"must be the ARN of a role in account {aws.account_id}, is {settings.role_arn!r}",
            f"write arn:aws:iam::{aws.account_id}:role/<name>, or leave it out",
        )
    if not settings.role_arn and not (aws.oidc_provider_arn or aws.eks_cluster):
        rules.problem(
            "snapshotRoleArn",
            "is needed where neither clusterOidcProviderArn nor eksCluster says which pods may "
            "become a role",
            f"pulumi config set {NAMESPACE}:snapshotRoleArn <ARN>",
        )
    return settings


def _schedule(rules: Rules) -> Cron:
    text = rules.read.text("snapshotSchedule") or _DEFAULT
    try:
        return Cron(text)
    except ValueError as error:
        rules.problem("snapshotSchedule", str(error), "write '20 2 * * *', which is daily")
        return Cron(_DEFAULT)


def _second(rules: Rules, first: str) -> SecondRegionSettings | None:
    region, bucket = (
        rules.read.text("snapshotSecondRegion"),
        rules.read.text("snapshotSecondBucket"),
    )
    if bucket and not BUCKET.fullmatch(bucket):
        rules.problem(
            "snapshotSecondBucket",
            f"must be a bucket's name, is {bucket!r}",
            "write the name alone, without s3:// or an ARN",
        )
    if not region:
        if bucket:
            rules.problem(
                "snapshotSecondRegion",
                "is needed with snapshotSecondBucket",
                f"pulumi config set {NAMESPACE}:snapshotSecondRegion <the bucket's region>",
            )
        return None
    if not _REGION.fullmatch(region) or region == first:
        rules.problem(
            "snapshotSecondRegion",
            f"must be another region than the servers' own {first!r}, is {region!r}",
            "write such as eu-central-1, or leave it out",
        )
    return SecondRegionSettings(region, bucket or None)


def _gcs(rules: Rules) -> GcsSettings | None:
    bucket, provider = rules.read.text("snapshotGcsBucket"), rules.read.text("snapshotGcsProvider")
    if not bucket:
        return None
    if not BUCKET.fullmatch(bucket):
        rules.problem(
            "snapshotGcsBucket",
            f"must be a bucket's name, is {bucket!r}",
            "write the name alone, without gs://",
        )
    if not _PROVIDER.fullmatch(provider):
        rules.problem(
            "snapshotGcsProvider",
            f"must be the provider of a workload identity pool that knows this cluster, is "
            f"{provider!r}",
            "write projects/<number>/locations/global/workloadIdentityPools/<pool>/providers/"
            "<provider>",
        )
    return GcsSettings(bucket, provider)
