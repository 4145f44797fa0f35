"""AWS: assumed roles where an ARN is set, IAM users elsewhere, and Vault's own key a secret."""

from __future__ import annotations

import dataclasses

import pulumi
import pytest

from components.engines import AwsEngine, AwsEngineArgs
from components.settings import AwsSettings
from policies.plan import AwsRole
from tests.components.conftest import Alone
from tests.components.plans import shuffled
from tests.recording import Recording, is_secret, plain

ARN = "arn:aws:iam::111111111111:role/shop-deploy"
ROLES = (
    AwsRole("shop-deploy", '{"Version": "2012-10-17"}', 3600, 14400),
    AwsRole("shop-s3", '{"Version": "2012-10-17", "Statement": []}', 1800, 7200),
)
OWN_IDENTITY = AwsSettings(
    region="eu-west-1",
    access_key_id=None,
    secret_access_key=None,
    role_arns={"shop-deploy": ARN},
    endpoint=None,
    rotate_root=False,
)


def make(
    alone: Alone,
    settings: AwsSettings = OWN_IDENTITY,
    roles: tuple[AwsRole, ...] = ROLES,
    *,
    key: tuple[str, str] | None = None,
    preview: bool = False,
) -> Recording:
    def component(opts: pulumi.ResourceOptions) -> AwsEngine:
        own = settings
        if key:
            access, secret = map(pulumi.Output.secret, key)
            own = dataclasses.replace(settings, access_key_id=access, secret_access_key=secret)
        return AwsEngine("aws", AwsEngineArgs(own, roles), opts)

    return alone(component, preview=preview)


@pytest.mark.parametrize("preview", [False, True])
def test_a_role_with_an_arn_is_assumed(alone: Alone, preview: bool) -> None:
    recording = make(alone, preview=preview)
    assert recording["aws"].type == "vaultstack:engines:AwsEngine"
    role = recording["aws-role-shop-deploy"]
    assert role.type == "vault:aws/secretBackendRole:SecretBackendRole"
    assert role.inputs == {
        "backend": "aws",
        "name": "shop-deploy",
        "credentialType": "assumed_role",
        "roleArns": [ARN],
        "policyDocument": '{"Version": "2012-10-17"}',
        "defaultStsTtl": 3600,
        "maxStsTtl": 14400,
    }
    assert role.after == {"aws-mount"}


@pytest.mark.parametrize("preview", [False, True])
def test_any_other_is_an_iam_user_for_each_lease(alone: Alone, preview: bool) -> None:
    role = make(alone, preview=preview)["aws-role-shop-s3"]
    assert role.inputs == {
        "backend": "aws",
        "name": "shop-s3",
        "credentialType": "iam_user",
        "policyDocument": '{"Version": "2012-10-17", "Statement": []}',
    }


def test_the_mount_ends_leases_with_the_shortest_lived_role(alone: Alone) -> None:
    mount = make(alone)["aws-mount"].inputs
    assert mount["defaultLeaseTtlSeconds"] == 1800
    assert mount["maxLeaseTtlSeconds"] == 7200


def test_without_a_key_vault_uses_its_own_identity(alone: Alone) -> None:
    mount = make(alone)["aws-mount"].inputs
    assert {"accessKey", "secretKey", "iamEndpoint", "stsEndpoint", "stsRegion"}.isdisjoint(mount)
    assert mount["region"] == "eu-west-1"


def test_a_given_key_arrives_as_a_secret(alone: Alone) -> None:
    mount = make(alone, key=("AKIAEXAMPLE", "aws-hidden"))["aws-mount"].inputs
    assert is_secret(mount["secretKey"])
    assert plain(mount["secretKey"]) == "aws-hidden"
    assert plain(mount["accessKey"]) == "AKIAEXAMPLE"


# What Vault's provider sends in one request with the key.
SENT_WITH_THE_KEY = {
    "accessKey",
    "secretKey",
    "region",
    "iamEndpoint",
    "stsEndpoint",
    "stsRegion",
}


@pytest.mark.parametrize("preview", [False, True])
def test_a_key_that_is_rotated_is_never_written_again(alone: Alone, preview: bool) -> None:
    """The configured one is deleted by the first rotation; a changed region would send it along."""
    settings = dataclasses.replace(OWN_IDENTITY, rotate_root=True, endpoint="http://127.0.0.1:5000")
    mount = make(alone, settings, key=("AKIAEXAMPLE", "aws-hidden"), preview=preview)["aws-mount"]
    assert mount.ignored_changes == SENT_WITH_THE_KEY
    assert mount.inputs.keys() - mount.ignored_changes == {
        "path",
        "description",
        "defaultLeaseTtlSeconds",
        "maxLeaseTtlSeconds",
    }
    # For the first `up`, when there is nothing to be ignored.
    assert plain(mount.inputs["secretKey"]) == "aws-hidden"


def test_a_key_that_nobody_rotates_is_written_when_it_changes(alone: Alone) -> None:
    assert not make(alone, key=("AKIAEXAMPLE", "aws-hidden"))["aws-mount"].ignored_changes


def test_an_endpoint_serves_iam_and_sts(alone: Alone) -> None:
    settings = dataclasses.replace(OWN_IDENTITY, endpoint="http://127.0.0.1:5000")
    mount = make(alone, settings)["aws-mount"].inputs
    assert mount["iamEndpoint"] == mount["stsEndpoint"] == "http://127.0.0.1:5000"
    assert mount["stsRegion"] == "eu-west-1"


def test_without_roles_there_is_a_mount_only(alone: Alone) -> None:
    recording = make(alone, roles=())
    assert recording.types["vault:aws/secretBackendRole:SecretBackendRole"] == 0
    assert "maxLeaseTtlSeconds" not in recording["aws-mount"].inputs


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    assert make(alone).identities == make(alone, roles=tuple(shuffled(ROLES))).identities
