"""What the servers are told of AWS: every rule with its key, its words and its fix, that it holds
where a KMS seals servers that are deployed and nowhere else, and what the right values become.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from components.settings import WorkloadIdentity
from components.settings.loading_aws import BUCKET, EKS_CLUSTER
from policies.lifetime import Duration
from tests.components.settings.loader import (
    SET,
    Loader,
    Rule,
    deployed,
    deploying,
    of_existing,
    sentence,
)

STAGING_KEY: Final = "arn:aws:kms:eu-west-1:222222222222:key/seal"
STAGING_ROLE: Final = "arn:aws:iam::222222222222:role/vault"


def bucket(name: str) -> Rule:
    return (
        "staging",
        {"snapshotBucket": name},
        "snapshotBucket",
        f"must be a bucket's name, is {name!r}",
        "write the name alone, without s3:// or an ARN",
    )


def arn(key: str, given: str) -> Rule:
    kind, place, form = {
        "kmsKeyArn": ("key", "222222222222, region eu-west-1", "kms:eu-west-1:222222222222:key/"),
        "sealRoleArn": ("role", "222222222222", "iam::222222222222:role/"),
        "clusterOidcProviderArn": (
            "oidc-provider",
            "222222222222",
            "iam::222222222222:oidc-provider/",
        ),
    }[key]
    return (
        "staging",
        {key: given},
        key,
        f"must be the ARN of a {kind} in this environment's account {place}, is {given!r}",
        f"write arn:aws:{form}<name>, or correct the account in the matrix",
    )


def eks_cluster(name: str) -> Rule:
    return (
        "staging",
        {"workloadIdentity": "pod-identity", "eksCluster": name},
        "eksCluster",
        f"must be an EKS cluster's name, is {name!r}",
        "write the name alone, not its ARN",
    )


# Where a KMS seals servers that are deployed.
SEALED: Final[Mapping[str, Rule]] = {
    "IRSA without a provider": (
        "staging",
        {"clusterOidcProviderArn": ""},
        "clusterOidcProviderArn",
        (
            "is needed with workloadIdentity 'irsa', or nobody could say that a pod of staging may "
            "become the role"
        ),
        f"{SET}:clusterOidcProviderArn <value>, or give sealRoleArn",
    ),
    "Pod Identity without a cluster": (
        "prod",
        {"workloadIdentity": "pod-identity"},
        "eksCluster",
        (
            "is needed with workloadIdentity 'pod-identity', or nobody could say that a pod of "
            "prod may become the role"
        ),
        f"{SET}:eksCluster <value>, or give sealRoleArn",
    ),
    **{
        f"{key} {given}": arn(key, given)
        for key, given in (
            ("kmsKeyArn", "arn:aws:kms:eu-west-1:333333333333:key/of-prod"),
            ("kmsKeyArn", "arn:aws:kms:eu-west-2:222222222222:key/elsewhere"),
            ("kmsKeyArn", "arn:aws:kms:eu-west-1:222222222222:alias/seal"),
            ("kmsKeyArn", "arn:aws:kms:eu-west-1:222222222222:key/"),
            ("kmsKeyArn", STAGING_ROLE),
            ("kmsKeyArn", "1234abcd-12ab-34cd-56ef-1234567890ab"),
            ("sealRoleArn", "arn:aws:iam::333333333333:role/of-prod"),
            ("sealRoleArn", "arn:aws:iam:eu-west-1:222222222222:role/with-a-region"),
            ("sealRoleArn", "arn:aws:iam::222222222222:user/vault"),
            ("sealRoleArn", "vault"),
            ("clusterOidcProviderArn", "arn:aws:iam::333333333333:oidc-provider/of-prod"),
            ("clusterOidcProviderArn", "arn:aws:iam::222222222222:saml-provider/vault"),
            ("clusterOidcProviderArn", "https://oidc.eks.eu-west-1.amazonaws.com/id/1"),
        )
    },
    **{
        f"bucket {name!r}": bucket(name)
        for name in (
            "s3://snapshots",
            "arn:aws:s3:::snapshots",
            "Snapshots",
            "ab",
            "a" * 64,
            "snap..shots",
            "snapshots-",
            "10.0.0.1",
        )
    },
    "snapshots kept for part of a day": (
        "staging",
        {"snapshotRetention": "36h"},
        "snapshotRetention",
        "must be whole days, as S3 counts them, is 36h",
        f"{SET}:snapshotRetention 90d",
    ),
    "KMS without TLS": (
        "staging",
        {"kmsEndpoint": "http://kms.example.com"},
        "kmsEndpoint",
        "must be https: tokens or secrets travel over it; is 'http://kms.example.com'",
        f"{SET}:kmsEndpoint https://<host>:<port>",
    ),
    **{
        f"EKS cluster {name!r}": eks_cluster(name)
        for name in (
            "arn:aws:eks:eu-west-1:222222222222:cluster/shop",
            "shop.example",
            "-shop",
            "a" * 101,
        )
    },
}
# Values that no meaning could make right.
ALWAYS: Final[Mapping[str, Rule]] = {
    **{
        f"a key that can be restored for {days} days": (
            "prod",
            {"kmsDeletionWindowDays": days},
            "kmsDeletionWindowDays",
            f"must be from 7 to 30, is {days}",
            "set one of them",
        )
        for days in (6, 31)
    },
}


@pytest.mark.parametrize("name", SEALED)
def test_each_rule_is_one_problem_with_its_key_and_fix(loaded: Loader, name: str) -> None:
    environment, changed, *_ = SEALED[name]
    assert loaded.problems_of(deploying(environment, **changed)) == (sentence(SEALED[name]),)


@pytest.mark.parametrize("name", SEALED)
def test_it_does_not_hold_for_a_vault_that_is_there_already(loaded: Loader, name: str) -> None:
    environment, changed, *_ = SEALED[name]
    assert loaded.of(of_existing(environment, **changed)).deployment is None


@pytest.mark.parametrize("name", ALWAYS)
def test_some_rules_hold_for_any_vault(loaded: Loader, name: str) -> None:
    environment, changed, *_ = ALWAYS[name]
    assert loaded.problems_of(deploying(environment, **changed)) == (sentence(ALWAYS[name]),)
    assert loaded.problems_of(of_existing(environment, **changed)) == (sentence(ALWAYS[name]),)


def test_without_a_kms_nothing_is_asked_of_aws(loaded: Loader) -> None:
    """Nor are rules about it broken: dev's servers are sealed with shares."""
    made = deployed(
        loaded, kmsKeyArn="key", sealRoleArn="role", snapshotBucket="s3://a", snapshotRetention="1h"
    )
    assert made.aws is None


@pytest.mark.parametrize("identity", WorkloadIdentity)
def test_a_given_role_needs_neither_provider_nor_cluster(
    loaded: Loader, identity: WorkloadIdentity
) -> None:
    changed = {"workloadIdentity": identity.value, "clusterOidcProviderArn": ""}
    made = deployed(loaded, "staging", sealRoleArn=STAGING_ROLE, **changed)
    assert made.aws
    assert made.aws.identity is identity
    assert (made.aws.role_arn, made.aws.eks_cluster) == (STAGING_ROLE, "")
    assert len(loaded.problems_of(deploying("staging", **changed))) == 1


def test_pod_identity_needs_no_provider(loaded: Loader) -> None:
    changed = {"workloadIdentity": "pod-identity", "clusterOidcProviderArn": "", "eksCluster": "a"}
    made = deployed(loaded, "prod", **changed)
    assert made.aws
    assert made.aws.identity is WorkloadIdentity.POD_IDENTITY
    assert made.aws.eks_cluster == "a"


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_an_arn_may_be_of_any_partition(loaded: Loader, partition: str) -> None:
    arn = STAGING_KEY.replace("arn:aws:", f"arn:{partition}:")
    made = deployed(loaded, "staging", kmsKeyArn=arn)
    assert made.aws
    assert made.aws.kms_key_arn == arn


def test_kms_on_this_machine_may_be_without_tls(loaded: Loader) -> None:
    made = deployed(loaded, "prod", kmsEndpoint="http://127.0.0.1:4566")
    assert made.aws
    assert made.aws.kms_endpoint == "http://127.0.0.1:4566"


@pytest.mark.parametrize(("days", "kept"), [(7, "1d"), (30, "365d")])
def test_what_is_deleted_and_when(loaded: Loader, days: int, kept: str) -> None:
    made = deployed(loaded, "prod", kmsDeletionWindowDays=days, snapshotRetention=kept)
    assert made.aws
    assert made.aws.kms_deletion_window_days == days
    assert made.aws.snapshot_retention == Duration.parse(kept)


@pytest.mark.parametrize("name", ["abc", "a" * 63, "snapshots.of-prod.1", "0-0"])
def test_a_buckets_name(name: str) -> None:
    assert BUCKET.fullmatch(name)


@pytest.mark.parametrize("name", ["a", "0", "Shop_1-b", "a" * 100])
def test_an_eks_clusters_name(name: str) -> None:
    assert EKS_CLUSTER.fullmatch(name)
