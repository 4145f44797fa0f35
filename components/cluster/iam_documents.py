"""Who may do what with the servers' own AWS resources, as IAM documents (JSON). Pure.

Every action is named, and so is everyone but the account itself. What an application may do in AWS
is the matrix' business: `policies.iam`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from policies.iam import AwsAccount

SEAL_ACTIONS: Final = ("kms:Encrypt", "kms:Decrypt", "kms:DescribeKey")
"""All that Vault's awskms seal calls (go-kms-wrapping's awskms.go): DescribeKey when a server
starts, Encrypt to wrap the root key, Decrypt to unseal; a health check does both every ten minutes.
Vault makes the key that it wraps itself, hence no GenerateDataKey. Decrypt names no key, as the
ciphertext does: a condition on `kms:RequestAlias` would deny every unsealing.
"""

# All that changes or shows a key, and nothing that uses it or lends its use: no CreateGrant.
_MANAGEMENT: Final = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
# The first that fits; everywhere else it is "aws".
_PARTITIONS: Final = (
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
    ("eusc-", "aws-eusc"),
)
# What EKS itself asks of a cluster's name. A wildcard in an ARN would match other clusters.
_CLUSTER = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}")


def partition(region: str) -> str:
    """The second part of every ARN in a region."""
    return next((name for prefix, name in _PARTITIONS if region.startswith(prefix)), "aws")


def role_arn(account: AwsAccount, name: str) -> str:
    """Of a role without a path."""
    return f"arn:{partition(account.region)}:iam::{account.id}:role/{name}"


def key_policy(account: AwsAccount, role: str) -> str:
    """The seal key's own policy: `role`, an ARN, may use it, and nobody else.

    The account's administrators manage it as far as their IAM policies let them, but no IAM policy
    can give anyone its use. Whoever may change this very policy could in the end give it to
    himself: CloudTrail shows that as PutKeyPolicy.
    """
    root = f"arn:{partition(account.region)}:iam::{account.id}:root"
    return _document(
        _allow("AdministratorsManage", _MANAGEMENT, Principal={"AWS": root}, Resource="*"),
        _allow("ServersSealAndUnseal", SEAL_ACTIONS, Principal={"AWS": role}, Resource="*"),
    )


def seal_policy(key: str) -> str:
    """What the servers' role may do. `key` must be the key's ARN: a policy that names an alias is
    about the alias, and gives no use of the key behind it, whatever name the caller uses.
    """
    return _document(_allow("SealAndUnseal", SEAL_ACTIONS, Resource=key))


def irsa_trust(provider: str, namespace: str, service_account: str) -> str:
    """Who may become the role: pods of one service account, by the token of their Kubernetes
    cluster. `provider`: the ARN of the cluster's identity provider.
    """
    issuer = provider.partition(":oidc-provider/")[2]
    return _document(
        _allow(
            "PodsOfTheServiceAccount",
            ["sts:AssumeRoleWithWebIdentity"],
            Principal={"Federated": provider},
            Condition={
                "StringEquals": {
                    f"{issuer}:aud": "sts.amazonaws.com",
                    f"{issuer}:sub": f"system:serviceaccount:{namespace}:{service_account}",
                }
            },
        )
    )


def pod_identity_trust(
    account: AwsAccount, cluster: str, namespace: str, service_account: str
) -> str:
    """Who may become the role: pods of one service account of one EKS cluster, for whom EKS asks.

    EKS says for which cluster it asks, and for whom in the session's tags. Without the conditions
    any cluster of the account could lend the role to any of its pods. Raises `ValueError` for a
    name that EKS would not take.
    """
    if not _CLUSTER.fullmatch(cluster):
        raise ValueError(
            f"EKS cluster {cluster!r}: must be one cluster's name; write it as "
            "`aws eks list-clusters` shows it"
        )
    arn = f"arn:{partition(account.region)}:eks:{account.region}:{account.id}:cluster/{cluster}"
    return _document(
        _allow(
            "PodsOfTheServiceAccount",
            ["sts:AssumeRole", "sts:TagSession"],
            Principal={"Service": "pods.eks.amazonaws.com"},
            Condition={
                "StringEquals": {
                    "aws:SourceAccount": account.id,
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                },
                "ArnEquals": {"aws:SourceArn": arn},
            },
        )
    )


def tls_only(account: AwsAccount, bucket: str) -> str:
    """A bucket's policy: nobody reaches it without TLS. It allows nobody anything."""
    arn = f"arn:{partition(account.region)}:s3:::{bucket}"
    return _document(
        {
            "Sid": "OnlyThroughTls",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, f"{arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def put_only(buckets: Mapping[str, str], prefix: str) -> str:
    """What the snapshots' role may do: write new objects below the prefix, and neither read, list,
    change nor delete any. `buckets`: name -> region. That one which is there is not overwritten is
    the writer's to ask for; the bucket keeps the version that was there.
    """
    objects = [f"arn:{partition(region)}:s3:::{name}/{prefix}*" for name, region in buckets.items()]
    return _document(_allow("PutSnapshots", ["s3:PutObject"], Resource=objects))


def _allow(name: str, actions: Sequence[str], **rest: Any) -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": list(actions), **rest}


def _document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
