"""What each type of AWS resource asks of AWS. The clients are boto3's own, so that every call is
checked against what AWS publishes of its API; only nothing is sent.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import pytest
from pulumi.runtime import mocks

from components.cluster.aws import AwsFoundation, AwsFoundationArgs
from components.settings.deployment import AwsClusterSettings, WorkloadIdentity
from policies.environments import Environment
from policies.lifetime import Duration
from rehearsal.errors import RehearsalError
from rehearsal.monitor import LiveMonitor
from rehearsal.resources.aws import Account, connect, makers
from rehearsal.servers.aws import AwsServer
from rehearsal.servers.kubernetes import KubernetesApi
from tests.recording import Recording, Runner

ACCOUNT_ID: Final = "333333333333"
KEY: Final = "aws:kms/key:Key"
ROLE: Final = "aws:iam/role:Role"
BUCKET: Final = "aws:s3/bucket:Bucket"
ASSOCIATION: Final = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
TRUST: Final = '{"Version":"2012-10-17","Statement":[]}'
ANSWERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "GetCallerIdentity": {"Account": ACCOUNT_ID},
    "CreateKey": {"KeyMetadata": {"KeyId": "the-id", "Arn": "the-arn"}},
    "CreateRole": {"Role": {"RoleName": "the-role", "Arn": "role-arn", "RoleId": "AROA"}},
}


@dataclass(frozen=True)
class _Status:
    status_code: int


@dataclass(frozen=True)
class FakeAws(AwsServer):
    """Answers as it is told to, by default with success and nothing."""

    url: str = "http://127.0.0.1:1"
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    """Operation -> the code with which it is refused."""

    # The overloads are AwsServer's; whatever the service, the same happens.
    def client(self, *args: Any, **options: Any) -> Any:
        client: Any = super().client(*args, **options)

        def remember(params: dict[str, Any], model: Any, **_: Any) -> None:
            self.calls.append((model.name, dict(params)))
            self.regions.append(client.meta.region_name)

        def reply(model: Any, **_: Any) -> tuple[_Status, Mapping[str, Any]]:
            if code := self.refusals.get(model.name):
                return _Status(400), {"Error": {"Code": code, "Message": "no"}}
            return _Status(200), ANSWERS.get(model.name, {})

        # Clients are kept; the test before this one has left its own handlers.
        for event, handler in (("before-parameter-build", remember), ("before-call", reply)):
            client.meta.events.unregister(event, unique_id=event)
            client.meta.events.register(event, handler, unique_id=event)
        return client

    def asked(self, operation: str) -> dict[str, Any]:
        """The parameters of the one call of this operation."""
        (found,) = (params for name, params in self.calls if name == operation)
        return found

    @property
    def operations(self) -> list[str]:
        return [name for name, _ in self.calls]


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


def make(
    aws: FakeAws,
    kind: str,
    inputs: Mapping[str, Any],
    *,
    region: str = "eu-west-1",
    tags: Mapping[str, str] = {},
) -> Any:
    return makers(Account(aws, region, tags))[kind](inputs)


def s3(name: str) -> str:
    return f"aws:s3/{name[0].lower()}{name[1:]}:{name}"


def test_a_key_is_made_and_then_rotates(aws: FakeAws) -> None:
    inputs = {
        "description": "d",
        "policy": '{"Statement": []}',
        "enableKeyRotation": True,
        "deletionWindowInDays": 7,
    }
    made = make(aws, KEY, inputs, tags={"a": "b"})
    assert aws.operations == ["CreateKey", "EnableKeyRotation"]
    assert aws.asked("CreateKey") == {
        "Description": "d",
        "Policy": '{"Statement": []}',
        "Tags": [{"TagKey": "a", "TagValue": "b"}],
    }
    assert aws.asked("EnableKeyRotation") == {"KeyId": "the-id"}
    assert (made.id, made.outputs) == ("the-id", {"arn": "the-arn", "keyId": "the-id"})
    assert set(aws.regions) == {"eu-west-1"}


@pytest.mark.parametrize("inputs", [{}, {"enableKeyRotation": False}])
def test_a_key_rotates_only_if_asked_to(aws: FakeAws, inputs: Mapping[str, Any]) -> None:
    make(aws, KEY, inputs)
    assert aws.operations == ["CreateKey"]


@pytest.mark.parametrize("days", [6, 31])
def test_a_deletion_window_that_aws_would_refuse_in_the_end_stops_now(
    aws: FakeAws, days: int
) -> None:
    with pytest.raises(RehearsalError, match="deletionWindowInDays must be from 7 to 30"):
        make(aws, KEY, {"deletionWindowInDays": days})
    assert aws.operations == []


def policy_for(principal: str) -> str:
    return json.dumps({"Statement": [{"Principal": {"AWS": principal}}]})


def test_a_keys_policy_may_name_a_role_that_is_there(aws: FakeAws) -> None:
    make(aws, KEY, {"policy": policy_for("arn:aws:iam::1:role/path/there")})
    assert aws.asked("GetRole") == {"RoleName": "there"}
    assert aws.operations == ["GetRole", "CreateKey"]


def test_a_keys_policy_that_names_a_role_which_is_not_there_stops(aws: FakeAws) -> None:
    aws.refusals["GetRole"] = "NoSuchEntity"
    with pytest.raises(RehearsalError, match="names arn:aws:iam::1:role/x, which is not there"):
        make(aws, KEY, {"policy": policy_for("arn:aws:iam::1:role/x")})
    assert "CreateKey" not in aws.operations


def test_the_account_itself_is_no_role(aws: FakeAws) -> None:
    make(aws, KEY, {"policy": policy_for("arn:aws:iam::1:root")})
    assert aws.operations == ["CreateKey"]


def test_an_alias(aws: FakeAws) -> None:
    made = make(aws, "aws:kms/alias:Alias", {"name": "alias/x", "targetKeyId": "k"})
    assert aws.calls == [("CreateAlias", {"AliasName": "alias/x", "TargetKeyId": "k"})]
    assert made.id == "alias/x"


def test_a_role_and_its_trust_is_looked_at_twice(aws: FakeAws) -> None:
    inputs = {"name": "the-role", "description": "d", "assumeRolePolicy": TRUST}
    made = make(aws, ROLE, inputs, tags={"a": "b"})
    assert aws.asked("CreateRole") == {
        "RoleName": "the-role",
        "Description": "d",
        "AssumeRolePolicyDocument": TRUST,
        "Tags": [{"Key": "a", "Value": "b"}],
    }
    assert aws.asked("UpdateAssumeRolePolicy") == {"RoleName": "the-role", "PolicyDocument": TRUST}
    assert (made.id, made.outputs["arn"]) == ("the-role", "role-arn")


def test_a_roles_policy(aws: FakeAws) -> None:
    made = make(aws, "aws:iam/rolePolicy:RolePolicy", {"name": "seal", "role": "r", "policy": "{}"})
    assert aws.calls == [
        ("PutRolePolicy", {"PolicyName": "seal", "RoleName": "r", "PolicyDocument": "{}"})
    ]
    assert made.id == "r:seal"


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ("us-east-1", {}),
        ("eu-west-1", {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    ],
)
def test_a_bucket_is_in_the_providers_region(
    aws: FakeAws, region: str, place: Mapping[str, Any]
) -> None:
    made = make(aws, BUCKET, {"bucket": "the-bucket"}, region=region)
    assert aws.calls == [("CreateBucket", {"Bucket": "the-bucket", **place})]
    assert aws.regions == [region]
    assert (made.id, made.outputs["arn"]) == ("the-bucket", "arn:aws:s3:::the-bucket")


def test_a_resources_own_tags_win_over_the_providers(aws: FakeAws) -> None:
    inputs = {"bucket": "the-bucket", "tags": {"b": "own", "c": "own"}}
    make(aws, BUCKET, inputs, tags={"a": "default", "b": "default"})
    (tagging,) = (params for name, params in aws.calls if name == "PutBucketTagging")
    assert {tag["Key"]: tag["Value"] for tag in tagging["Tagging"]["TagSet"]} == {
        "a": "default",
        "b": "own",
        "c": "own",
    }


@pytest.mark.parametrize(
    ("name", "inputs", "operation", "params"),
    [
        (
            "BucketVersioning",
            {"versioningConfiguration": {"status": "Enabled"}},
            "PutBucketVersioning",
            {"VersioningConfiguration": {"Status": "Enabled"}},
        ),
        ("BucketPolicy", {"policy": "{}"}, "PutBucketPolicy", {"Policy": "{}"}),
        (
            "BucketPublicAccessBlock",
            {"blockPublicAcls": True, "restrictPublicBuckets": False},
            "PutPublicAccessBlock",
            {
                "PublicAccessBlockConfiguration": {
                    "BlockPublicAcls": True,
                    "RestrictPublicBuckets": False,
                }
            },
        ),
        (
            "BucketOwnershipControls",
            {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
            "PutBucketOwnershipControls",
            {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}},
        ),
        (
            "BucketServerSideEncryptionConfiguration",
            {
                "rules": [
                    {
                        "applyServerSideEncryptionByDefault": {
                            "sseAlgorithm": "aws:kms",
                            "kmsMasterKeyId": "k",
                        },
                        "bucketKeyEnabled": True,
                    }
                ]
            },
            "PutBucketEncryption",
            {
                "ServerSideEncryptionConfiguration": {
                    "Rules": [
                        {
                            "ApplyServerSideEncryptionByDefault": {
                                "SSEAlgorithm": "aws:kms",
                                "KMSMasterKeyID": "k",
                            },
                            "BucketKeyEnabled": True,
                        }
                    ]
                }
            },
        ),
        (
            "BucketLifecycleConfiguration",
            {
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
            "PutBucketLifecycleConfiguration",
            {
                "LifecycleConfiguration": {
                    "Rules": [
                        {
                            "ID": "expire",
                            "Status": "Enabled",
                            "Filter": {"Prefix": ""},
                            "Expiration": {"Days": 30},
                            "NoncurrentVersionExpiration": {"NoncurrentDays": 14},
                            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                        }
                    ]
                }
            },
        ),
    ],
)
def test_what_is_set_about_a_bucket_is_one_call(
    aws: FakeAws,
    name: str,
    inputs: Mapping[str, Any],
    operation: str,
    params: Mapping[str, Any],
) -> None:
    made = make(aws, s3(name), {"bucket": "the-bucket", **inputs})
    assert aws.calls == [(operation, {"Bucket": "the-bucket", **params})]
    assert made.id == "the-bucket"


@pytest.mark.parametrize(
    ("kind", "inputs", "named"),
    [
        (KEY, {"isEnabled": True}, "IsEnabled"),
        ("aws:kms/alias:Alias", {"name": "alias/x", "targetKeyId": "k", "nope": 1}, "Nope"),
        (ROLE, {"name": "r", "assumeRolePolicy": TRUST, "inlinePolicies": []}, "InlinePolicies"),
        (
            "aws:iam/rolePolicy:RolePolicy",
            {"name": "x", "role": "r", "policy": "{}", "namePrefix": "y"},
            "NamePrefix",
        ),
        (BUCKET, {"bucket": "b", "forceDestroy": True}, "ForceDestroy"),
        (s3("BucketVersioning"), {"bucket": "b", "skip": True}, "Skip"),
        (
            s3("BucketVersioning"),
            {"bucket": "b", "versioningConfiguration": {"state": "Enabled"}},
            "State",
        ),
        (s3("BucketPublicAccessBlock"), {"bucket": "b", "skipDestroy": True}, "SkipDestroy"),
        (
            s3("BucketLifecycleConfiguration"),
            {"bucket": "b", "rules": [{"status": "Enabled", "expiration": {"hours": 1}}]},
            "Hours",
        ),
        (
            s3("BucketOwnershipControls"),
            {"bucket": "b", "rule": {"objectOwnership": "x", "timeout": 1}},
            "Timeout",
        ),
        (
            s3("BucketServerSideEncryptionConfiguration"),
            {"bucket": "b", "rules": [{"algorithm": "AES256"}]},
            "Algorithm",
        ),
    ],
)
def test_an_input_that_aws_does_not_know_stops_with_its_name(
    aws: FakeAws, kind: str, inputs: Mapping[str, Any], named: str
) -> None:
    with pytest.raises(RehearsalError, match=rf'no such parameter: [^.]*Unknown.*"{named}"'):
        make(aws, kind, inputs)


def test_a_refusal_is_told_as_aws_says_it(aws: FakeAws) -> None:
    aws.refusals["CreateBucket"] = "BucketAlreadyExists"
    with pytest.raises(RehearsalError, match=r"refuses: .*BucketAlreadyExists.*CreateBucket.*no"):
        make(aws, BUCKET, {"bucket": "the-bucket"})


def test_pod_identity_stops_with_the_reason_and_the_fix(aws: FakeAws) -> None:
    with pytest.raises(RehearsalError, match=r"knows no Pod Identity.*workloadIdentity to 'irsa'"):
        make(aws, ASSOCIATION, {"clusterName": "main"})


PROVIDER_INPUTS: Final = {
    "region": "eu-west-1",
    "allowedAccountIds": json.dumps([ACCOUNT_ID]),
    "defaultTags": '{"tags": {"a": "b"}}',
    "skipCredentialsValidation": "false",
    "skipRegionValidation": "true",
}


def test_the_provider_is_in_its_region_and_tags(aws: FakeAws) -> None:
    account = connect(aws, PROVIDER_INPUTS)
    assert account == Account(aws, "eu-west-1", {"a": "b"})
    assert account.tags({}) == {"a": "b"}


def test_without_a_list_any_account_will_do(aws: FakeAws) -> None:
    account = connect(aws, {"region": "eu-west-1"})
    assert account.default_tags == {}


def test_a_provider_that_may_not_be_in_this_account_stops(aws: FakeAws) -> None:
    inputs = {**PROVIDER_INPUTS, "allowedAccountIds": '["111111111111", "222222222222"]'}
    with pytest.raises(
        RehearsalError, match=r"AWS account 333333333333.*only be in 111111111111, 222222222222"
    ):
        connect(aws, inputs)


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"profile": '"x"'}, "profile"), ({"defaultTags": '{"tagz": {}}'}, "tagz")],
)
def test_a_provider_input_that_is_not_known_stops(
    aws: FakeAws, changed: Mapping[str, str], named: str
) -> None:
    with pytest.raises(RehearsalError, match=rf"does not know the inputs \['{named}'\]"):
        connect(aws, {**PROVIDER_INPUTS, **changed})


@pytest.fixture(scope="module")
def declared(run: Runner) -> Recording:
    """All that the component can declare."""
    return run(
        lambda: [
            AwsFoundation(
                identity.value,
                AwsFoundationArgs(
                    AwsClusterSettings(
                        account_id=ACCOUNT_ID,
                        region="eu-west-1",
                        identity=identity,
                        oidc_provider_arn=f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/issuer/id",
                        eks_cluster="main",
                        kms_key_arn=None,
                        role_arn=None,
                        snapshot_bucket=None,
                        kms_deletion_window_days=30,
                        snapshot_retention=Duration.parse("30d"),
                        kms_endpoint=None,
                    ),
                    Environment.PROD,
                    "vault",
                    "vault-server",
                    protect=True,
                ),
            )
            for identity in WorkloadIdentity
        ],
        answers={KEY: {"arn": "the-arn", "keyId": "the-id"}},
    )


def test_the_rehearsal_knows_exactly_the_types_that_the_component_can_declare(
    aws: FakeAws, declared: Recording
) -> None:
    known = makers(Account(aws, "eu-west-1", {})).keys()
    assert known == {r.type for r in declared.resources if r.type.startswith("aws:")}


def test_every_resource_of_the_component_can_be_made(aws: FakeAws, declared: Recording) -> None:
    """Each with the inputs that it really has, and by no call that AWS does not know."""
    made = 0
    for resource in declared.resources:
        if resource.type.startswith("aws:") and resource.type != ASSOCIATION:
            whole = json.loads(json.dumps(resource.values), parse_float=_whole)
            make(aws, resource.type, whole, tags={"environment": "prod"})
            made += 1
    assert made == 22
    assert len(aws.calls) > made


def _whole(text: str) -> int:
    return int(float(text))


def monitored(aws: FakeAws | None) -> tuple[LiveMonitor, list[tuple[str, str]]]:
    made: list[tuple[str, str]] = []
    kubernetes = cast(KubernetesApi, None)
    return LiveMonitor(kubernetes, "", lambda kind, name: made.append((kind, name)), aws), made


def register(
    monitor: LiveMonitor, kind: str, name: str, inputs: Mapping[str, Any], provider: str = ""
) -> tuple[str | None, dict[Any, Any]]:
    return monitor.new_resource(
        mocks.MockResourceArgs(typ=kind, name=name, inputs=dict(inputs), provider=provider)
    )


def reference(name: str) -> str:
    return f"urn:pulumi:prod::vaultstack::pulumi:providers:aws::{name}"


def test_the_monitor_makes_a_resource_by_its_provider(aws: FakeAws) -> None:
    monitor, made = monitored(aws)
    for name, region in (("one", "eu-west-1"), ("other", "us-west-2")):
        inputs = {**PROVIDER_INPUTS, "region": region}
        register(monitor, "pulumi:providers:aws", name, inputs)
    aws.regions.clear()
    id_, outputs = register(monitor, KEY, "key", {"description": "d"}, reference("other"))
    assert id_ == "the-id"
    assert outputs == {"description": "d", "arn": "the-arn", "keyId": "the-id"}
    assert aws.regions == ["us-west-2"]
    assert made[-1] == (KEY, "key")


@pytest.mark.parametrize("provider", ["", reference("another")])
def test_a_resource_without_a_provider_is_refused(aws: FakeAws, provider: str) -> None:
    monitor, made = monitored(aws)
    register(monitor, "pulumi:providers:aws", "one", PROVIDER_INPUTS)
    with pytest.raises(RehearsalError, match=f"^{KEY} key: has no provider: pass it one"):
        register(monitor, KEY, "key", {}, provider)
    assert (KEY, "key") not in made


def test_an_unknown_type_stops_with_its_name(aws: FakeAws) -> None:
    monitor, made = monitored(aws)
    register(monitor, "pulumi:providers:aws", "one", PROVIDER_INPUTS)
    with pytest.raises(
        RehearsalError, match=r"^aws:sqs/queue:Queue q: .*not know this type; teach .*resources/aws"
    ):
        register(monitor, "aws:sqs/queue:Queue", "q", {}, reference("one"))
    assert len(made) == 1


def test_without_an_aws_server_no_aws_resource_is_known() -> None:
    monitor, made = monitored(None)
    for kind in (KEY, "pulumi:providers:aws"):
        with pytest.raises(RehearsalError, match=f"^{kind} it: .*does not know this type"):
            register(monitor, kind, "it", {}, reference("one"))
    assert made == []
