"""A bucket for snapshots, in the servers' own region or in another. Who may write there is not
said here.
"""

from __future__ import annotations

from typing import Final, Protocol

import pulumi
import pulumi_aws as aws

from components.cluster import iam_documents
from policies.environments import Environment
from policies.iam import AwsAccount
from policies.lifetime import Duration

# Long enough to notice that a snapshot was deleted or overwritten, and to bring it back.
_RECOVERY_DAYS: Final = 14
_DAY: Final = 86400


class Kept(Protocol):
    """Options of what cannot be lost."""

    def __call__(self, *after: pulumi.Resource) -> pulumi.ResourceOptions: ...


def bucket_name(environment: Environment, account: AwsAccount) -> str:
    """Known before it is made. In each region there is one."""
    return f"vault-{environment.value}-snapshots-{account.id}-{account.region}"


def make_bucket(
    prefix: str, name: str, account: AwsAccount, retention: Duration, kept: Kept
) -> None:
    """Private, versioned, encrypted, TLS only; a snapshot expires after its retention, and can
    be brought back for two weeks more. `prefix`: of the resources' names; `account`: with the
    bucket's region.
    """
    bucket = aws.s3.Bucket(f"{prefix}-bucket", bucket=name, opts=kept())

    def setting(*after: pulumi.Resource) -> pulumi.ResourceOptions:
        """S3 deletes no bucket with something in it: what guards that must not go first."""
        return pulumi.ResourceOptions.merge(
            kept(*after), pulumi.ResourceOptions(deleted_with=bucket)
        )

    versioning = aws.s3.BucketVersioning(
        f"{prefix}-versioning",
        bucket=bucket.bucket,
        versioning_configuration={"status": "Enabled"},
        opts=setting(),
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{prefix}-encryption",
        bucket=bucket.bucket,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=setting(),
    )
    aws.s3.BucketOwnershipControls(
        f"{prefix}-ownership",
        bucket=bucket.bucket,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=setting(),
    )
    private = aws.s3.BucketPublicAccessBlock(
        f"{prefix}-privacy",
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=setting(),
    )
    aws.s3.BucketPolicy(
        f"{prefix}-tls",
        bucket=bucket.bucket,
        policy=iam_documents.tls_only(account, name),
        # S3 refuses two changes of who may reach a bucket at the same time.
        opts=setting(private),
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{prefix}-lifecycle",
        bucket=bucket.bucket,
        rules=[
            {
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": whole_days(retention)},
                "noncurrent_version_expiration": {"noncurrent_days": _RECOVERY_DAYS},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            }
        ],
        # Rules about old versions mean nothing before there are versions.
        opts=setting(versioning),
    )


def whole_days(retention: Duration) -> int:
    """S3 knows no shorter time than a day. Raises `ValueError` where it would not keep the word."""
    days, rest = divmod(retention.seconds, _DAY)
    if rest:
        raise ValueError(
            f"snapshot retention {retention}: must be whole days, as S3 counts; write such as '30d'"
        )
    return days
