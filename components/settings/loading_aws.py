"""Reads and validates what the servers need of AWS: the part of `loading_deployment` that knows how
AWS names things.
"""

from __future__ import annotations

import re

from components.settings.deployment import AwsClusterSettings, WorkloadIdentity
from components.settings.reader import Rules
from policies.environments import Environment
from policies.iam import AwsAccount

BUCKET = re.compile(r"(?!.*\.\.|[\d.]+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
EKS_CLUSTER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")
_DAY_SECONDS = 86_400


def read_aws(rules: Rules, environment: Environment, account: AwsAccount) -> AwsClusterSettings:
    read = rules.read
    settings = AwsClusterSettings(
        account_id=account.id,
        region=account.region,
        identity=read.choice("workloadIdentity", WorkloadIdentity, WorkloadIdentity.IRSA),
        oidc_provider_arn=_arn(rules, "clusterOidcProviderArn", "iam", "oidc-provider/", account),
        eks_cluster=read.text("eksCluster"),
        kms_key_arn=_arn(rules, "kmsKeyArn", "kms", "key/", account) or None,
        role_arn=_arn(rules, "sealRoleArn", "iam", "role/", account) or None,
        snapshot_bucket=read.text("snapshotBucket") or None,
        kms_deletion_window_days=read.integer("kmsDeletionWindowDays", minimum=7, maximum=30),
        snapshot_retention=read.duration("snapshotRetention"),
        kms_endpoint=read.secure_url("kmsEndpoint", plain_allowed=not rules.hold) or None,
    )
    if settings.role_arn is None:
        irsa = settings.identity is WorkloadIdentity.IRSA
        key = "clusterOidcProviderArn" if irsa else "eksCluster"
        given = settings.oidc_provider_arn if irsa else settings.eks_cluster
        if not given and read.sound(key, "workloadIdentity"):
            rules.problem(
                key,
                f"is needed with workloadIdentity {settings.identity.value!r}, or nobody could say "
                f"that a pod of {environment.value} may become the role",
                f"pulumi config set vaultstack:{key} <value>, or give sealRoleArn",
            )
    if settings.snapshot_retention.seconds % _DAY_SECONDS and read.sound("snapshotRetention"):
        rules.problem(
            "snapshotRetention",
            f"must be whole days, as S3 counts them, is {settings.snapshot_retention}",
            "pulumi config set vaultstack:snapshotRetention 90d",
        )
    if settings.eks_cluster and not EKS_CLUSTER.fullmatch(settings.eks_cluster):
        rules.problem(
            "eksCluster",
            f"must be an EKS cluster's name, is {settings.eks_cluster!r}",
            "write the name alone, not its ARN",
        )
    if settings.snapshot_bucket and not BUCKET.fullmatch(settings.snapshot_bucket):
        rules.problem(
            "snapshotBucket",
            f"must be a bucket's name, is {settings.snapshot_bucket!r}",
            "write the name alone, without s3:// or an ARN",
        )
    return settings


def _arn(rules: Rules, key: str, service: str, kind: str, account: AwsAccount) -> str:
    """An ARN of the environment's own account, and of its region where the service has regions."""
    arn = rules.read.text(key)
    region = account.region if service == "kms" else ""
    form = rf"arn:aws(-[a-z]+)*:{service}:{region}:{account.id}:{kind}[\w+=,.@/:-]+"
    if arn and rules.read.sound("environment") and not re.fullmatch(form, arn):
        place = f"account {account.id}" + (f", region {region}" if region else "")
        rules.problem(
            key,
            f"must be the ARN of a {kind.rstrip('/')} in this environment's {place}, is {arn!r}",
            f"write arn:aws:{service}:{region}:{account.id}:{kind}<name>, or correct the account "
            "in the matrix",
        )
    return arn
