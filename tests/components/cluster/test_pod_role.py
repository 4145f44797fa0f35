"""A role for the pods of one service account, by either way that a cluster may have."""

from __future__ import annotations

import dataclasses
import json
from typing import Final

import pulumi
import pytest

from components.cluster import iam_documents
from components.cluster.pod_role import (
    PodRole,
    make_provider,
    make_role,
    service_account_annotations,
)
from components.settings.deployment import AwsClusterSettings, WorkloadIdentity
from policies.environments import Environment
from policies.iam import AwsAccount
from policies.lifetime import Duration
from tests.recording import Runner

ACCOUNT: Final = AwsAccount("333333333333", "eu-west-1")
OIDC: Final = "arn:aws:iam::333333333333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
ARN: Final = "arn:aws:iam::333333333333:role/own"
IRSA: Final = PodRole(
    AwsClusterSettings(
        account_id=ACCOUNT.id,
        region=ACCOUNT.region,
        identity=WorkloadIdentity.IRSA,
        oidc_provider_arn=OIDC,
        eks_cluster="",
        kms_key_arn=None,
        role_arn=None,
        snapshot_bucket=None,
        kms_deletion_window_days=14,
        snapshot_retention=Duration.parse("30d"),
        kms_endpoint=None,
    ),
    "own",
    "there",
    "job",
)
POD_IDENTITY: Final = dataclasses.replace(
    IRSA,
    cluster=dataclasses.replace(
        IRSA.cluster,
        identity=WorkloadIdentity.POD_IDENTITY,
        oidc_provider_arn="",
        eks_cluster="main",
    ),
)


def test_its_names_follow_from_the_settings() -> None:
    assert IRSA.account == ACCOUNT
    assert IRSA.arn == ARN


def test_only_pods_of_the_service_account_become_it() -> None:
    assert IRSA.trust == iam_documents.irsa_trust(OIDC, "there", "job")
    assert POD_IDENTITY.trust == iam_documents.pod_identity_trust(ACCOUNT, "main", "there", "job")


def test_only_irsa_binds_the_service_account_by_its_annotation() -> None:
    bound = {"eks.amazonaws.com/role-arn": ARN}
    assert service_account_annotations(WorkloadIdentity.IRSA, ARN) == bound
    assert service_account_annotations(WorkloadIdentity.POD_IDENTITY, ARN) == {}


@pytest.mark.parametrize("role", [IRSA, POD_IDENTITY], ids=["irsa", "pod-identity"])
def test_it_is_made_and_associated_where_eks_keeps_that(run: Runner, role: PodRole) -> None:
    opts = pulumi.ResourceOptions()
    made = run(lambda: make_role("one", role, "what for", opts, protect=True))
    assert made["one-role"].values == {
        "name": "own",
        "description": "what for",
        "assumeRolePolicy": role.trust,
    }
    assert made["one-role"].protect
    if role is IRSA:
        assert "aws:eks/podIdentityAssociation:PodIdentityAssociation" not in made.types
        return
    association = made["one-association"]
    assert association.values == {
        "clusterName": "main",
        "namespace": "there",
        "serviceAccount": "job",
        "roleArn": ARN,
    }
    assert association.after == {"one-role"}
    assert not association.protect


def test_its_provider_refuses_any_other_account(run: Runner) -> None:
    opts = pulumi.ResourceOptions()
    made = run(lambda: make_provider("aws", ACCOUNT, Environment.PROD, opts))["aws"].values
    assert made["region"] == "eu-west-1"
    assert json.loads(made["allowedAccountIds"]) == ["333333333333"]
    assert json.loads(made["defaultTags"]) == {
        "tags": {"managed-by": "vaultstack", "environment": "prod"}
    }
