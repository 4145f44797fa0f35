"""What the servers need of AWS: exactly so, plain in a preview, and nothing of what is given."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any, Final

import pulumi_aws as aws
import pytest

from components.cluster import iam_documents
from components.cluster.aws import AwsFoundation, AwsFoundationArgs
from components.cluster.bucket import whole_days
from components.settings.deployment import AwsClusterSettings, WorkloadIdentity
from policies.environments import Environment
from policies.iam import AwsAccount
from policies.lifetime import Duration
from tests.components.conftest import Alone
from tests.recording import Recording, Runner

ACCOUNT: Final = AwsAccount("333333333333", "eu-west-1")
PROVIDER: Final = (
    "arn:aws:iam::333333333333:oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
)
OWN: Final = AwsClusterSettings(
    account_id=ACCOUNT.id,
    region=ACCOUNT.region,
    identity=WorkloadIdentity.IRSA,
    oidc_provider_arn=PROVIDER,
    eks_cluster="",
    kms_key_arn=None,
    role_arn=None,
    snapshot_bucket=None,
    kms_deletion_window_days=14,
    snapshot_retention=Duration.parse("30d"),
    kms_endpoint=None,
)
POD_IDENTITY: Final = dataclasses.replace(
    OWN, identity=WorkloadIdentity.POD_IDENTITY, oidc_provider_arn="", eks_cluster="main"
)
THEIR_KEY: Final = "arn:aws:kms:eu-west-1:333333333333:key/theirs"
THEIR_ROLE: Final = "arn:aws:iam::333333333333:role/theirs"
OWN_ROLE: Final = "arn:aws:iam::333333333333:role/vault-prod-seal"
OWN_KEY: Final = "arn:aws:kms:eu-west-1:333333333333:key/own"
BUCKET: Final = "vault-prod-snapshots-333333333333-eu-west-1"
KEY_PARTS: Final = {"aws-key", "aws-alias"}
ROLE_PARTS: Final = {"aws-role", "aws-permission"}
BUCKET_PARTS: Final = {
    "aws-bucket",
    "aws-encryption",
    "aws-lifecycle",
    "aws-ownership",
    "aws-privacy",
    "aws-tls",
    "aws-versioning",
}
ANSWERS: Final = {"aws:kms/key:Key": {"arn": OWN_KEY, "keyId": "own"}}


class Made:
    """A run of the component, and the component."""

    def __init__(self, recording: Recording, foundation: AwsFoundation) -> None:
        self.recording, self.foundation = recording, foundation

    def inputs(self, name: str) -> dict[str, Any]:
        return self.recording[name].values

    @property
    def children(self) -> set[str]:
        beside = {"aws", "aws-provider"}
        return {resource.name for resource in self.recording.resources} - beside


def make(
    run: Runner,
    settings: AwsClusterSettings = OWN,
    *,
    preview: bool = False,
    protect: bool = True,
    environment: Environment = Environment.PROD,
) -> Made:
    args = AwsFoundationArgs(settings, environment, "vault", "vault-server", protect)
    foundations: list[AwsFoundation] = []
    recording = run(
        lambda: foundations.append(AwsFoundation("aws", args)), preview=preview, answers=ANSWERS
    )
    return Made(recording, foundations[0])


def given(
    settings: AwsClusterSettings = OWN,
    *,
    key: bool = False,
    role: bool = False,
    bucket: bool = False,
) -> AwsClusterSettings:
    return dataclasses.replace(
        settings,
        kms_key_arn=THEIR_KEY if key else None,
        role_arn=THEIR_ROLE if role else None,
        snapshot_bucket="their-snapshots" if bucket else None,
    )


def test_the_provider_is_in_one_account_and_region_and_tags_all(run: Runner) -> None:
    made = make(run)
    provider = made.recording["aws-provider"]
    assert provider.type == "pulumi:providers:aws"
    assert provider.values["region"] == "eu-west-1"
    assert json.loads(provider.values["allowedAccountIds"]) == ["333333333333"]
    assert json.loads(provider.values["defaultTags"]) == {
        "tags": {"managed-by": "vaultstack", "environment": "prod"}
    }
    assert not {"accessKey", "secretKey", "profile", "endpoints"} & provider.values.keys()
    assert {made.recording[name].provider for name in made.children} == {"aws-provider"}


def test_its_children_are_its_own(alone: Alone) -> None:
    args = AwsFoundationArgs(OWN, Environment.PROD, "vault", "vault-server", protect=True)
    recording = alone(lambda opts: AwsFoundation("aws", args, opts))
    assert recording["aws"].type == "vaultstack:cluster:AwsFoundation"
    assert sum(recording.types.values()) == 14  # with two providers


def test_its_parts(run: Runner) -> None:
    made = make(run)
    assert made.children == KEY_PARTS | ROLE_PARTS | BUCKET_PARTS


def test_the_key(run: Runner) -> None:
    made = make(run)
    key = made.recording["aws-key"]
    assert key.type == "aws:kms/key:Key"
    assert key.values == {
        "description": "Seals Vault in prod",
        "enableKeyRotation": True,
        "deletionWindowInDays": 14,
        "policy": iam_documents.key_policy(ACCOUNT, OWN_ROLE),
    }
    assert key.after == {"aws-role"}  # KMS takes no policy that names a role which is not there
    alias = made.recording["aws-alias"]
    assert alias.type == "aws:kms/alias:Alias"
    assert alias.values == {"name": "alias/vault-prod-seal", "targetKeyId": "own"}


def test_the_role_by_irsa(run: Runner) -> None:
    made = make(run)
    role = made.recording["aws-role"]
    assert role.type == "aws:iam/role:Role"
    assert role.values == {
        "name": "vault-prod-seal",
        "description": "Vault's servers in prod: seal and unseal",
        "assumeRolePolicy": iam_documents.irsa_trust(PROVIDER, "vault", "vault-server"),
    }
    permission = made.recording["aws-permission"]
    assert permission.type == "aws:iam/rolePolicy:RolePolicy"
    assert permission.values == {
        "name": "seal",
        "role": "vault-prod-seal",
        "policy": iam_documents.seal_policy(OWN_KEY),
    }
    assert made.foundation.service_account_annotations == {"eks.amazonaws.com/role-arn": OWN_ROLE}


@pytest.mark.parametrize("preview", [False, True])
def test_the_role_by_pod_identity(run: Runner, preview: bool) -> None:
    made = make(run, POD_IDENTITY, preview=preview)
    assert made.inputs("aws-role")["assumeRolePolicy"] == iam_documents.pod_identity_trust(
        ACCOUNT, "main", "vault", "vault-server"
    )
    association = made.recording["aws-association"]
    assert association.type == "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    assert association.values == {
        "clusterName": "main",
        "namespace": "vault",
        "serviceAccount": "vault-server",
        "roleArn": OWN_ROLE,
    }
    assert association.after == {"aws-role"}
    assert made.foundation.service_account_annotations == {}


def test_the_bucket(run: Runner) -> None:
    made = make(run)
    assert made.inputs("aws-bucket") == {"bucket": BUCKET}
    parts = {name: made.inputs(name) for name in BUCKET_PARTS}
    assert {inputs.pop("bucket") for inputs in parts.values()} == {BUCKET}
    assert parts == {
        "aws-bucket": {},
        "aws-versioning": {"versioningConfiguration": {"status": "Enabled"}},
        "aws-encryption": {
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
        },
        "aws-ownership": {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
        "aws-privacy": dict.fromkeys(
            ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"),
            True,
        ),
        "aws-tls": {"policy": iam_documents.tls_only(ACCOUNT, BUCKET)},
        "aws-lifecycle": {
            "rules": [
                {
                    "id": "expire",
                    "status": "Enabled",
                    "filter": {"prefix": ""},
                    "expiration": {"days": 30},
                    "noncurrentVersionExpiration": {"noncurrentDays": 14},
                    "abortIncompleteMultipartUpload": {"daysAfterInitiation": 1},
                }
            ]
        },
    }
    assert made.recording["aws-lifecycle"].after >= {"aws-versioning"}
    assert made.recording["aws-tls"].after >= {"aws-privacy"}


def test_what_guards_a_bucket_goes_with_it_and_never_before(run: Runner) -> None:
    """S3 deletes no bucket that holds something, and it must not be left open then."""
    recording = make(run).recording
    bucket = recording["aws-bucket"]
    for name in BUCKET_PARTS - {"aws-bucket"}:
        assert recording[name].request.deletedWith == bucket.urn
    assert not bucket.request.deletedWith


def test_a_preview_shows_every_text_but_the_one_with_the_keys_own_id(run: Runner) -> None:
    made = make(run, preview=True)
    assert made.inputs("aws-key")["policy"] == iam_documents.key_policy(ACCOUNT, OWN_ROLE)
    assert made.inputs("aws-role")["assumeRolePolicy"]
    assert made.inputs("aws-tls")["policy"]
    assert {made.inputs(name)["bucket"] for name in BUCKET_PARTS} == {BUCKET}
    assert made.foundation.seal_key_id == "alias/vault-prod-seal"
    assert made.foundation.role_arn == OWN_ROLE
    assert made.foundation.snapshot_bucket == BUCKET
    assert made.recording.outputs_of("aws") == {
        "sealKeyId": "alias/vault-prod-seal",
        "roleArn": OWN_ROLE,
        "snapshotBucket": BUCKET,
    }


@pytest.mark.parametrize("protect", [False, True])
def test_what_cannot_be_lost_is_protected_by_setting(run: Runner, protect: bool) -> None:
    made = make(run, POD_IDENTITY, protect=protect)
    kept = {name for name in made.children if made.recording[name].protect}
    assert kept == (KEY_PARTS | {"aws-role"} | BUCKET_PARTS if protect else set())


def test_a_given_key_is_named_in_the_own_roles_policy(run: Runner) -> None:
    made = make(run, given(key=True))
    assert made.children == ROLE_PARTS | BUCKET_PARTS
    assert made.inputs("aws-permission")["policy"] == iam_documents.seal_policy(THEIR_KEY)
    assert made.foundation.seal_key_id == THEIR_KEY


@pytest.mark.parametrize("settings", [OWN, POD_IDENTITY])
def test_a_given_role_is_named_in_the_own_keys_policy(
    run: Runner, settings: AwsClusterSettings
) -> None:
    made = make(run, given(settings, role=True))
    assert made.children == KEY_PARTS | BUCKET_PARTS
    assert made.inputs("aws-key")["policy"] == iam_documents.key_policy(ACCOUNT, THEIR_ROLE)
    assert made.recording["aws-key"].after == set()
    assert made.foundation.role_arn == THEIR_ROLE


def test_a_given_role_is_the_service_accounts(run: Runner) -> None:
    annotations = make(run, given(role=True)).foundation.service_account_annotations
    assert annotations == {"eks.amazonaws.com/role-arn": THEIR_ROLE}


def test_a_given_bucket_is_not_touched(run: Runner) -> None:
    made = make(run, given(bucket=True))
    assert made.children == KEY_PARTS | ROLE_PARTS
    assert made.foundation.snapshot_bucket == "their-snapshots"


@pytest.mark.parametrize("settings", [OWN, POD_IDENTITY])
def test_where_all_is_given_nothing_speaks_to_aws(
    run: Runner, settings: AwsClusterSettings
) -> None:
    made = make(run, given(settings, key=True, role=True, bucket=True))
    assert made.children == set()
    assert "aws-provider" not in made.recording
    assert made.recording.outputs_of("aws") == {
        "sealKeyId": THEIR_KEY,
        "roleArn": THEIR_ROLE,
        "snapshotBucket": "their-snapshots",
    }


def test_every_input_is_one_that_the_pinned_provider_has(run: Runner) -> None:
    """Pulumi itself takes any nested name that the type does not know."""
    made = make(run, POD_IDENTITY)
    kinds = {
        kind: getattr(module, kind.rpartition(":")[2])
        for module in (aws.kms, aws.iam, aws.eks, aws.s3)
        for kind in made.recording.types
        if kind.startswith(f"aws:{module.__name__.rpartition('.')[2]}/")
    }
    assert len(kinds) == 12
    for resource in made.recording.resources:
        if resource.type in kinds:
            accepted = inspect.signature(kinds[resource.type]._internal_init).parameters
            known = {_camel(name) for name in accepted}
            assert resource.values.keys() <= known, resource.type


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def test_environments_have_their_own_names(run: Runner) -> None:
    names = set()
    for environment in Environment:
        foundation = make(run, environment=environment).foundation
        names |= {foundation.seal_key_id, foundation.role_arn, foundation.snapshot_bucket}
    assert len(names) == 9


def test_the_longest_bucket_name_is_one_that_s3_takes(run: Runner) -> None:
    settings = dataclasses.replace(OWN, region="ap-southeast-1")
    made = make(run, settings, environment=Environment.STAGING)
    assert len(made.foundation.snapshot_bucket) <= 63


def test_a_retention_is_whole_days() -> None:
    assert whole_days(Duration.parse("24h")) == 1
    assert whole_days(Duration.parse("90d")) == 90
    for text in ("1h", "36h", "1s"):
        with pytest.raises(ValueError, match="must be whole days, as S3 counts; write such as"):
            whole_days(Duration.parse(text))
