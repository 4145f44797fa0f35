"""The documents say what they mean: who may use the seal's key, and who may become the role."""

from __future__ import annotations

import fnmatch
import json
from typing import Any, Final

import boto3
import botocore.session
import pytest

from components.cluster import iam_documents
from components.cluster.iam_documents import SEAL_ACTIONS, partition
from policies.iam import AwsAccount

ACCOUNT: Final = AwsAccount("111111111111", "eu-west-1")
ROLE: Final = "arn:aws:iam::111111111111:role/vault-prod-seal"
KEY: Final = "arn:aws:kms:eu-west-1:111111111111:key/1234"
ISSUER: Final = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
PROVIDER: Final = f"arn:aws:iam::111111111111:oidc-provider/{ISSUER}"
# What gives a key's power to whoever may do it, or lets him give it on.
USES: Final = (
    "CreateGrant",
    "Decapsulate",
    "Decrypt",
    "DeriveSharedSecret",
    "Encapsulate",
    "Encrypt",
    "Generate*",
    "ImportKeyMaterial",
    "ReEncrypt*",
    "ReplicateKey",
    "Sign",
    "Verify*",
)


def read(document: str) -> list[dict[str, Any]]:
    parsed = json.loads(document)
    assert parsed.keys() == {"Version", "Statement"}
    assert parsed["Version"] == "2012-10-17"
    statements: list[dict[str, Any]] = parsed["Statement"]
    return statements


@pytest.fixture(scope="module")
def operations() -> set[str]:
    """All that KMS can do, as AWS publishes it."""
    service = botocore.session.Session().get_service_model("kms")
    return {str(name) for name in service.operation_names}


def test_the_role_may_seal_and_unseal_and_nobody_else_uses_the_key() -> None:
    administrators, servers = read(iam_documents.key_policy(ACCOUNT, ROLE))
    assert servers == {
        "Sid": "ServersSealAndUnseal",
        "Effect": "Allow",
        "Principal": {"AWS": ROLE},
        "Action": ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"],
        "Resource": "*",
    }
    assert administrators["Effect"] == "Allow"
    assert administrators["Principal"] == {"AWS": "arn:aws:iam::111111111111:root"}
    for action in administrators["Action"]:
        name = action.removeprefix("kms:")
        assert not any(fnmatch.fnmatch(name, use) for use in USES), action


def test_administrators_can_keep_the_key_and_repair_its_policy() -> None:
    """KMS refuses a key whose policy nobody could change, and the provider reads all it wrote."""
    administrators, _ = read(iam_documents.key_policy(ACCOUNT, ROLE))
    of_the_provider = (
        "CreateAlias DeleteAlias DescribeKey EnableKeyRotation GetKeyPolicy GetKeyRotationStatus "
        "ListResourceTags PutKeyPolicy ScheduleKeyDeletion TagResource UntagResource UpdateAlias "
        "UpdateKeyDescription"
    )
    assert {f"kms:{name}" for name in of_the_provider.split()} <= set(administrators["Action"])
    assert "kms:CancelKeyDeletion" in administrators["Action"]


def test_every_action_is_one_that_kms_knows(operations: set[str]) -> None:
    actions = {
        action
        for statement in read(iam_documents.key_policy(ACCOUNT, ROLE))
        for action in statement["Action"]
    }
    assert {action.removeprefix("kms:") for action in actions} <= operations


def test_the_uses_that_are_kept_from_administrators_are_uses_that_kms_knows(
    operations: set[str],
) -> None:
    for use in USES:
        assert fnmatch.filter(operations, use), use


def test_the_roles_own_policy_is_about_one_key() -> None:
    (statement,) = read(iam_documents.seal_policy(KEY))
    assert statement == {
        "Sid": "SealAndUnseal",
        "Effect": "Allow",
        "Action": list(SEAL_ACTIONS),
        "Resource": KEY,
    }


def test_irsa_is_for_one_service_account_of_one_cluster() -> None:
    (statement,) = read(iam_documents.irsa_trust(PROVIDER, "vault", "server"))
    assert statement == {
        "Sid": "PodsOfTheServiceAccount",
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Condition": {
            "StringEquals": {
                f"{ISSUER}:aud": "sts.amazonaws.com",
                f"{ISSUER}:sub": "system:serviceaccount:vault:server",
            }
        },
    }


def test_pod_identity_is_for_one_service_account_of_one_cluster() -> None:
    (statement,) = read(iam_documents.pod_identity_trust(ACCOUNT, "main", "vault", "server"))
    assert statement == {
        "Sid": "PodsOfTheServiceAccount",
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
        "Condition": {
            "StringEquals": {
                "aws:SourceAccount": "111111111111",
                "aws:RequestTag/kubernetes-namespace": "vault",
                "aws:RequestTag/kubernetes-service-account": "server",
            },
            "ArnEquals": {"aws:SourceArn": "arn:aws:eks:eu-west-1:111111111111:cluster/main"},
        },
    }


@pytest.mark.parametrize("name", ["", "*", "prod-*", "prod?", "arn:aws:eks:x", "-prod", "x" * 101])
def test_pod_identity_is_never_for_more_than_one_cluster(name: str) -> None:
    with pytest.raises(ValueError, match="must be one cluster's name; write it as"):
        iam_documents.pod_identity_trust(ACCOUNT, name, "vault", "server")


def test_a_bucket_and_all_in_it_is_denied_to_everyone_without_tls() -> None:
    (statement,) = read(iam_documents.tls_only(ACCOUNT, "snapshots"))
    assert statement == {
        "Sid": "OnlyThroughTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::snapshots", "arn:aws:s3:::snapshots/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_every_region_is_in_the_partition_that_aws_says() -> None:
    session = boto3.Session()
    for name in session.get_available_partitions():
        regions = session.get_available_regions("kms", partition_name=name)
        assert {partition(region) for region in regions} == {name}


def test_arns_are_of_the_regions_partition() -> None:
    china = AwsAccount("111111111111", "cn-north-1")
    assert iam_documents.role_arn(china, "x") == "arn:aws-cn:iam::111111111111:role/x"
    administrators, _ = read(iam_documents.key_policy(china, "arn:aws-cn:iam::1:role/x"))
    assert administrators["Principal"] == {"AWS": "arn:aws-cn:iam::111111111111:root"}
    (trust,) = read(iam_documents.pod_identity_trust(china, "main", "n", "s"))
    assert trust["Condition"]["ArnEquals"]["aws:SourceArn"].startswith("arn:aws-cn:eks:cn-north-1:")
    assert read(iam_documents.tls_only(china, "b"))[0]["Resource"][0] == "arn:aws-cn:s3:::b"


def test_the_same_values_give_the_same_text() -> None:
    texts = {iam_documents.key_policy(ACCOUNT, ROLE) for _ in range(2)}
    assert len(texts) == 1
    assert "\n" not in texts.pop()
