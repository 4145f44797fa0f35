"""What the job may in AWS: put, and nothing else; and the second bucket is as the first one."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from components.operations.snapshots.aws import SnapshotStore, SnapshotStoreArgs
from components.settings import (
    AwsClusterSettings,
    SecondRegionSettings,
    SnapshotSettings,
    WorkloadIdentity,
)
from policies.environments import Environment
from tests.components.cluster.deployments import AWS
from tests.components.operations.snapshots.taking import EVERYWHERE, PLAIN, ROLE
from tests.recording import Recording, Runner

FIRST = "vault-prod-snapshots-222222222222-eu-west-1"
SECOND = "vault-prod-snapshots-222222222222-eu-central-1"


def made(
    run: Runner,
    snapshots: SnapshotSettings = PLAIN,
    cluster: AwsClusterSettings = AWS,
    buckets: dict[str, str] | None = None,
) -> Recording:
    def program() -> None:
        args = SnapshotStoreArgs(cluster, snapshots, Environment.PROD, ROLE, protect=True)
        (buckets if buckets is not None else {}).update(SnapshotStore("store", args).buckets)

    return run(program)


def permission(recording: Recording) -> Mapping[str, Any]:
    (statement,) = json.loads(recording["store-permission"].values["policy"])["Statement"]
    found: Mapping[str, Any] = statement
    return found


def test_the_role_may_put_below_the_prefix_and_nothing_else(run: Runner) -> None:
    statement = permission(made(run))
    assert statement["Action"] == ["s3:PutObject"]
    assert statement["Resource"] == [f"arn:aws:s3:::{FIRST}/snapshots/*"]
    both = permission(made(run, EVERYWHERE))["Resource"]
    assert both == [f"arn:aws:s3:::{one}/snapshots/*" for one in (FIRST, SECOND)]


def test_only_the_jobs_service_account_becomes_it(run: Runner) -> None:
    trust = json.loads(made(run)["store-role"].values["assumeRolePolicy"])
    (statement,) = trust["Statement"]
    assert statement["Condition"]["StringEquals"] == {
        "oidc.eks.example/id/1:aud": "sts.amazonaws.com",
        "oidc.eks.example/id/1:sub": "system:serviceaccount:vault:snapshots",
    }
    assert made(run).outputs_of("store")["roleArn"].endswith(":role/vault-prod-snapshots")


def test_with_pod_identity_eks_is_told(run: Runner) -> None:
    cluster = dataclasses.replace(AWS, identity=WorkloadIdentity.POD_IDENTITY, eks_cluster="c")
    values = made(run, cluster=cluster)["store-association"].values
    assert (values["namespace"], values["serviceAccount"]) == ("vault", "snapshots")


def test_the_second_bucket_is_in_its_region_and_kept(run: Runner) -> None:
    buckets: dict[str, str] = {}
    recording = made(run, EVERYWHERE, buckets=buckets)
    assert buckets == {FIRST: "eu-west-1", SECOND: "eu-central-1"}
    kept = [one for one in recording.resources if one.type.startswith("aws:s3")]
    assert len(kept) == 7
    for one in kept:
        assert one.protect, one.name
        assert one.provider == "store-second-provider"
    assert recording["store-second-provider"].values["region"] == "eu-central-1"


def test_what_is_given_is_not_made(run: Runner) -> None:
    given = dataclasses.replace(
        PLAIN,
        role_arn="arn:aws:iam::222222222222:role/mine",
        second=SecondRegionSettings("eu-central-1", "mine"),
    )
    buckets: dict[str, str] = {}
    recording = made(run, given, dataclasses.replace(AWS, snapshot_bucket="first"), buckets)
    assert buckets == {"first": "eu-west-1", "mine": "eu-central-1"}
    assert not [one for one in recording.resources if one.type.startswith("aws:")]
