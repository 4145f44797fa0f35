"""What the servers need of AWS, really made in moto: by the component, under the live monitor, and
then looked at through AWS's own API.

moto checks no IAM policy, so the policies are compared as documents; that the key works, and that
Vault takes it by its alias, is tried.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, cast

import pytest
from botocore.exceptions import ClientError

from components.cluster import iam_documents
from components.cluster.aws import AwsFoundation, AwsFoundationArgs
from components.cluster.server_config import (
    AwsKmsSeal,
    FileStorage,
    Listener,
    ServerConfig,
    render,
)
from components.settings.deployment import AwsClusterSettings, WorkloadIdentity
from policies.environments import Environment
from policies.iam import AwsAccount
from policies.lifetime import Duration
from rehearsal import program
from rehearsal.binaries import Binary, Tool
from rehearsal.errors import RehearsalError
from rehearsal.monitor import LiveMonitor
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import aws, vault
from rehearsal.servers.aws import AccessKey, AwsServer
from rehearsal.servers.kubernetes import KubernetesApi
from rehearsal.supervisor import Supervisor
from rehearsal.vault_api import VaultApi

pytestmark = pytest.mark.live

ACCOUNT: Final = AwsAccount("222222222222", "eu-west-1")
ISSUER: Final = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
PROVIDER: Final = f"arn:aws:iam::{ACCOUNT.id}:oidc-provider/{ISSUER}"
OWN: Final = AwsClusterSettings(
    account_id=ACCOUNT.id,
    region=ACCOUNT.region,
    identity=WorkloadIdentity.IRSA,
    oidc_provider_arn=PROVIDER,
    eks_cluster="",
    kms_key_arn=None,
    role_arn=None,
    snapshot_bucket=None,
    kms_deletion_window_days=30,
    snapshot_retention=Duration.parse("30d"),
    kms_endpoint=None,
)
BUCKET: Final = "vault-staging-snapshots-222222222222-eu-west-1"
ROLE: Final = "vault-staging-seal"
TAGS: Final = {"managed-by": "vaultstack", "environment": "staging"}


@dataclass(frozen=True)
class Cloud:
    server: AwsServer
    foundation: AwsFoundation
    made: tuple[tuple[str, str], ...]

    @property
    def kms(self) -> Any:
        return self.server.client("kms")

    @property
    def iam(self) -> Any:
        return self.server.client("iam")

    @property
    def s3(self) -> Any:
        return self.server.client("s3")

    @property
    def key(self) -> str:
        """The ARN behind the alias."""
        return str(self.kms.describe_key(KeyId=self.foundation.seal_key_id)["KeyMetadata"]["Arn"])


def rehearse(
    server: AwsServer, settings: AwsClusterSettings
) -> tuple[AwsFoundation, list[tuple[str, str]]]:
    """Run a program that consists of the component, as a rehearsal runs the whole one."""
    args = AwsFoundationArgs(settings, Environment.STAGING, "vault", "vault-server", protect=True)
    made: list[tuple[str, str]] = []
    foundations: list[AwsFoundation] = []
    monitor = LiveMonitor(
        cast(KubernetesApi, None), "", lambda kind, name: made.append((kind, name)), server
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            program, "_program", lambda _main: foundations.append(AwsFoundation("aws", args))
        )
        program.run("staging", {}, frozenset(), monitor)
    return foundations[0], made


@pytest.fixture(scope="module")
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as own:
        yield own


@pytest.fixture(scope="module")
def cloud(supervisor: Supervisor) -> Cloud:
    server = aws.start(supervisor, account=ACCOUNT)
    foundation, made = rehearse(server, OWN)
    return Cloud(server, foundation, tuple(made))


@pytest.fixture
def elsewhere() -> Iterator[Callable[[], AwsServer]]:
    """Another AWS, with nothing in it."""
    with Supervisor() as own:
        yield lambda: aws.start(own, account=ACCOUNT)


def document(text: Any) -> Any:
    return json.loads(text) if isinstance(text, str) else text


def statements(text: Any) -> Mapping[str, Any]:
    """By name."""
    return {one["Sid"]: one for one in document(text)["Statement"]}


def tags(pairs: Any) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in pairs}


def test_the_server_is_the_environments_account(cloud: Cloud) -> None:
    assert cloud.server.client("sts").get_caller_identity()["Account"] == ACCOUNT.id
    assert cloud.server.region == "eu-west-1"


def test_the_key_rotates_and_is_in_the_right_account_and_region(cloud: Cloud) -> None:
    key = cloud.key
    assert key.startswith("arn:aws:kms:eu-west-1:222222222222:key/")
    assert cloud.kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    found = cloud.kms.describe_key(KeyId=key)["KeyMetadata"]
    assert found["Description"] == "Seals Vault in staging"
    assert found["KeySpec"] == "SYMMETRIC_DEFAULT"
    assert found["KeyState"] == "Enabled"
    pairs = cloud.kms.list_resource_tags(KeyId=key)["Tags"]
    assert {tag["TagKey"]: tag["TagValue"] for tag in pairs} == TAGS


def test_administrators_manage_the_key_and_the_role_alone_uses_it(cloud: Cloud) -> None:
    policy = cloud.kms.get_key_policy(KeyId=cloud.key, PolicyName="default")["Policy"]
    found = statements(policy)
    assert found.keys() == {"AdministratorsManage", "ServersSealAndUnseal"}
    servers, administrators = found["ServersSealAndUnseal"], found["AdministratorsManage"]
    assert servers["Principal"] == {"AWS": cloud.iam.get_role(RoleName=ROLE)["Role"]["Arn"]}
    assert servers["Action"] == ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]
    assert administrators["Principal"] == {"AWS": "arn:aws:iam::222222222222:root"}
    assert set(administrators["Action"]) & set(servers["Action"]) == {"kms:DescribeKey"}


def test_the_alias_is_the_keys_and_does_its_work(cloud: Cloud) -> None:
    alias = cloud.foundation.seal_key_id
    assert alias == "alias/vault-staging-seal"
    (found,) = cloud.kms.list_aliases(KeyId=cloud.key)["Aliases"]
    assert found["AliasName"] == alias
    sealed = cloud.kms.encrypt(KeyId=alias, Plaintext=b"root key")
    assert sealed["KeyId"] == cloud.key
    # As the seal does: without naming the key.
    opened = cloud.kms.decrypt(CiphertextBlob=sealed["CiphertextBlob"])
    assert (opened["Plaintext"], opened["KeyId"]) == (b"root key", cloud.key)


def test_the_role_is_for_one_service_account(cloud: Cloud) -> None:
    role = cloud.iam.get_role(RoleName=ROLE)["Role"]
    assert role["Arn"] == cloud.foundation.role_arn
    assert cloud.foundation.service_account_annotations == {
        "eks.amazonaws.com/role-arn": role["Arn"]
    }
    (trust,) = document(role["AssumeRolePolicyDocument"])["Statement"]
    assert trust["Effect"] == "Allow"
    assert trust["Principal"] == {"Federated": PROVIDER}
    assert trust["Action"] == ["sts:AssumeRoleWithWebIdentity"]
    assert trust["Condition"] == {
        "StringEquals": {
            f"{ISSUER}:sub": "system:serviceaccount:vault:vault-server",
            f"{ISSUER}:aud": "sts.amazonaws.com",
        }
    }
    assert tags(role["Tags"]) == TAGS


def test_the_role_may_only_seal_and_unseal_with_this_key(cloud: Cloud) -> None:
    assert cloud.iam.list_role_policies(RoleName=ROLE)["PolicyNames"] == ["seal"]
    assert cloud.iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"] == []
    found = cloud.iam.get_role_policy(RoleName=ROLE, PolicyName="seal")["PolicyDocument"]
    (statement,) = document(found)["Statement"]
    assert statement["Effect"] == "Allow"
    assert statement["Action"] == ["kms:Encrypt", "kms:Decrypt", "kms:DescribeKey"]
    assert statement["Resource"] == cloud.key


def test_the_bucket_is_in_the_region_and_versioned(cloud: Cloud) -> None:
    s3 = cloud.s3
    assert cloud.foundation.snapshot_bucket == BUCKET
    assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] == "eu-west-1"
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert tags(s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"]) == TAGS


def test_the_bucket_is_encrypted_without_the_seals_key(cloud: Cloud) -> None:
    (rule,) = cloud.s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"][
        "Rules"
    ]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_the_bucket_is_private(cloud: Cloud) -> None:
    block = cloud.s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(
        ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
    )
    ownership = cloud.s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]
    assert ownership["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


def test_the_bucket_is_reached_through_tls_only(cloud: Cloud) -> None:
    policy = cloud.s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    (statement,) = document(policy)["Statement"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Action"] == "s3:*"
    assert statement["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    # moto reads no conditions; as it speaks plain HTTP, this is what AWS would say as well.
    with pytest.raises(ClientError, match="Forbidden"):
        cloud.s3.put_object(Bucket=BUCKET, Key="probe", Body=b"a snapshot")


def test_snapshots_end_after_their_retention(cloud: Cloud) -> None:
    (rule,) = cloud.s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["Filter"] == {"Prefix": ""}
    assert rule["Expiration"] == {"Days": 30}
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 14}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_all_of_it_was_told(cloud: Cloud) -> None:
    kinds = [kind for kind, _ in cloud.made if not kind.startswith("pulumi:pulumi:")]
    assert len(kinds) == 13
    assert "aws:kms/key:Key" in kinds
    assert "pulumi:providers:aws" in kinds


def test_vault_seals_and_unseals_by_the_alias(
    cloud: Cloud, supervisor: Supervisor, tools: Mapping[Tool, Binary]
) -> None:
    """And again after a restart, when it must decrypt what an earlier process encrypted."""
    listens_on = f"{LOOPBACK}:{free_port()}"
    address = f"http://{listens_on}"
    config = ServerConfig(
        Listener(listens_on, None),
        FileStorage(str(supervisor.subfolder("sealed-by-alias"))),
        api_addr=address,
        seal=AwsKmsSeal(cloud.foundation.seal_key_id, cloud.server.region, cloud.server.url),
    )
    server = vault.start(
        supervisor,
        tools[Tool.VAULT].path,
        render(config),
        address,
        env=cloud.server.environment(),
        name="by-alias",
    )
    api = VaultApi(address, None)
    answer = api.call("PUT", "sys/init", {"recovery_shares": 1, "recovery_threshold": 1})
    assert answer.allowed, answer.errors
    assert api.call("GET", "sys/seal-status").body["sealed"] is False
    supervisor.end(server.process)
    server.again()
    assert api.call("GET", "sys/seal-status").body["sealed"] is False


def test_what_is_given_is_left_as_it_is(elsewhere: Callable[[], AwsServer]) -> None:
    """An own key for a given role, and an own role for a given key."""
    server = elsewhere()
    iam, kms = server.client("iam"), server.client("kms")
    trust = iam_documents.irsa_trust(PROVIDER, "vault", "vault-server")
    role = iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    given = dataclasses.replace(OWN, role_arn=role, snapshot_bucket="their-snapshots")
    foundation, _ = rehearse(server, given)
    assert iam.list_role_policies(RoleName="theirs")["PolicyNames"] == []
    policy = kms.get_key_policy(
        KeyId=kms.describe_key(KeyId=foundation.seal_key_id)["KeyMetadata"]["KeyId"],
        PolicyName="default",
    )["Policy"]
    assert statements(policy)["ServersSealAndUnseal"]["Principal"] == {"AWS": role}
    assert server.client("s3").list_buckets()["Buckets"] == []

    key = kms.create_key(Description="theirs")["KeyMetadata"]["Arn"]
    given = dataclasses.replace(OWN, kms_key_arn=key, snapshot_bucket="their-snapshots")
    foundation, _ = rehearse(server, given)
    assert foundation.seal_key_id == key
    found: Any = iam.get_role_policy(RoleName=ROLE, PolicyName="seal")["PolicyDocument"]
    assert document(found)["Statement"][0]["Resource"] == key
    assert len(kms.list_keys()["Keys"]) == 2


def test_a_given_role_that_is_not_there_stops(elsewhere: Callable[[], AwsServer]) -> None:
    given = dataclasses.replace(OWN, role_arn=f"arn:aws:iam::{ACCOUNT.id}:role/absent")
    with pytest.raises(RehearsalError, match=r"aws-key: .*role/absent, which is not there"):
        rehearse(elsewhere(), given)


def test_another_account_is_refused_before_anything_is_made(
    elsewhere: Callable[[], AwsServer],
) -> None:
    server = elsewhere()
    with pytest.raises(RehearsalError, match=r"aws-provider: this is AWS account 222222222222"):
        rehearse(server, dataclasses.replace(OWN, account_id="333333333333"))
    assert server.client("kms").list_keys()["Keys"] == []
    assert server.client("iam").list_roles()["Roles"] == []


def test_pod_identity_stops_with_the_reason(elsewhere: Callable[[], AwsServer]) -> None:
    """moto has none. The role itself is one that IAM takes."""
    server = elsewhere()
    settings = dataclasses.replace(
        OWN, identity=WorkloadIdentity.POD_IDENTITY, oidc_provider_arn="", eks_cluster="main"
    )
    with pytest.raises(RehearsalError, match=r"aws-association: moto knows no Pod Identity"):
        rehearse(server, settings)
    role = server.client("iam").get_role(RoleName=ROLE)["Role"]
    found: Any = role["AssumeRolePolicyDocument"]
    (trust,) = document(found)["Statement"]
    assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]


def test_the_callers_own_aws_configuration_does_not_come_in_between(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "of-the-caller")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    keys = [AccessKey(f"new-{number}", "secret") for number in range(8)]  # or it is one kept
    with ThreadPoolExecutor(4) as pool:
        clients = list(pool.map(lambda key: cloud.server.client("kms", key), keys))
    for client in clients:
        assert client.meta.region_name == "eu-west-1"
        assert client.describe_key(KeyId=cloud.foundation.seal_key_id)


def test_a_client_may_be_of_another_region(cloud: Cloud) -> None:
    with pytest.raises(ClientError, match="NotFound"):
        cloud.server.client("kms", region="us-east-1").describe_key(
            KeyId=cloud.foundation.seal_key_id
        )
