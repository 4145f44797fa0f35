"""`policies.iam`: AWS rights are named one by one, for resources that are named."""

from __future__ import annotations

import json

import pytest

from policies.iam import Allow, AwsAccount, document

ACCOUNT = AwsAccount("111111111111", "eu-west-1")
GET = ("s3:GetObject",)


@pytest.mark.parametrize("account", ["", "1111", "1111-1111-1111", "1111111111111"])
def test_an_account_that_is_not_twelve_digits_cannot_be_written(account: str) -> None:
    with pytest.raises(ValueError, match=rf"AWS account '{account}': must be 12 digits; look"):
        AwsAccount(account, "eu-west-1")


@pytest.mark.parametrize("region", ["", "Ireland", "eu-west", "eu-west-1a", "eu_west_1"])
def test_a_region_that_aws_does_not_have_cannot_be_written(region: str) -> None:
    with pytest.raises(ValueError, match=rf"AWS region '{region}': must be a region; write 'eu-we"):
        AwsAccount("111111111111", region)


@pytest.mark.parametrize("region", ["eu-west-1", "us-gov-west-1", "ap-southeast-2"])
def test_real_regions_can_be_written(region: str) -> None:
    assert AwsAccount("111111111111", region).region == region


@pytest.mark.parametrize("action", ["*", "s3:*", "s3:Get*", "s3", "GetObject", "S3:GetObject"])
def test_a_wildcard_action_cannot_be_written(action: str) -> None:
    with pytest.raises(
        ValueError, match="must name one action, without a wildcard; write"
    ) as caught:
        Allow((action,), ("arn:aws:s3:::x/*",))
    assert str(caught.value).startswith(f"IAM action {action!r}: ")
    assert "s3:GetObject" in str(caught.value)


def test_every_resource_can_only_be_meant_for_actions_that_know_none() -> None:
    assert Allow(("ecr:GetAuthorizationToken",), ("*",)).resources == ("*",)
    assert Allow(("ecr:GetAuthorizationToken", "sts:GetCallerIdentity"), ("*",)).resources == ("*",)
    with pytest.raises(
        ValueError,
        match=r"IAM resource '\*' for s3:GetObject: must name what it is about; write an ARN "
        r"\(only ecr:GetAuthorizationToken, sts:GetCallerIdentity know no resource\)",
    ):
        Allow(GET, ("*",))


def test_one_action_that_knows_no_resource_does_not_excuse_its_neighbour() -> None:
    with pytest.raises(ValueError, match="must name what it is about"):
        Allow(("ecr:GetAuthorizationToken", "ecr:PutImage"), ("*",))


@pytest.mark.parametrize(("actions", "resources"), [((), ("arn:aws:s3:::x",)), (GET, ())])
def test_a_statement_about_nothing_cannot_be_written(
    actions: tuple[str, ...], resources: tuple[str, ...]
) -> None:
    with pytest.raises(
        ValueError, match=r"IAM statement: must name actions and resources.*; write"
    ):
        Allow(actions, resources)


def test_a_placeholder_that_nobody_fills_cannot_be_written() -> None:
    with pytest.raises(
        ValueError,
        match=r"IAM resource 'arn:aws:s3:::\{env\}-x': \{env\} stands for nothing; "
        r"write one of \{account\}, \{environment\}, \{region\}",
    ):
        Allow(GET, ("arn:aws:s3:::{env}-x",))


def test_the_document_names_environment_account_and_region() -> None:
    text = document(
        [Allow(("ecr:PutImage",), ("arn:aws:ecr:{region}:{account}:repository/x-{environment}",))],
        environment="dev",
        account=ACCOUNT,
    )
    assert text == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ecr:PutImage"],'
        '"Resource":["arn:aws:ecr:eu-west-1:111111111111:repository/x-dev"]}]}'
    )


def test_statements_keep_their_order_and_only_allow() -> None:
    statements = [Allow(GET, (f"arn:aws:s3:::{name}/*",)) for name in "ba"]
    read = json.loads(document(statements, environment="dev", account=ACCOUNT))
    assert [statement["Resource"] for statement in read["Statement"]] == [
        ["arn:aws:s3:::b/*"],
        ["arn:aws:s3:::a/*"],
    ]
    assert {statement["Effect"] for statement in read["Statement"]} == {"Allow"}


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:s3:::*", "arn:aws:ecr:{region}:{account}:*", "arn:aws:eks:eu-west-1:1:*", "arn:*"],
)
def test_everything_of_a_service_is_not_named(resource: str) -> None:
    with pytest.raises(ValueError, match="must name what it is about") as caught:
        Allow(GET, ("arn:aws:s3:::x/*", resource))
    assert str(caught.value) == (
        f"IAM resource {resource!r}: must name what it is about; write a name before the wildcard, "
        "such as 'arn:aws:s3:::bucket/*'"
    )


@pytest.mark.parametrize(
    "resource",
    ["arn:aws:s3:::x/*", "arn:aws:s3:::x-*", "arn:aws:ecr:{region}:{account}:repository/*"],
)
def test_everything_below_a_name_is_named(resource: str) -> None:
    assert Allow(GET, (resource,)).resources == (resource,)
