"""What must be there, in Vault's own fields."""

from __future__ import annotations

import pytest

from attest.expected import expected
from attest.kinds import Kind
from policies import paths
from policies.environments import Environment
from tests.attest.vaults import plan_of, settings


def test_who_comes_in_as_the_provisioner_and_who_only_looks() -> None:
    prod = settings()
    roles = expected(plan_of(prod), prod)[Kind.CI_ROLE]
    assert roles["provisioner"]["token_policies"] == ["provisioner"]
    assert roles["provisioner"]["bound_claims"]["environment"] == ["prod", "drift-prod"]
    assert roles["attest"]["token_policies"] == ["platform-attest-prod"]
    assert roles["attest"]["bound_claims"]["environment"] == ["attest-prod"]
    assert roles["attest"]["token_ttl"] == 1800
    dev = settings(Environment.DEV)
    made = expected(plan_of(dev), dev)
    assert made[Kind.CI_ROLE] == {}
    assert made[Kind.PROVISIONER_ROLE]["provisioner"]["token_max_ttl"] == 3600


def test_mounts_live_as_long_as_the_settings_and_the_roles_say() -> None:
    prod = settings(pkiIntermediateTtl="100h")
    mounts = expected(plan_of(prod), prod)[Kind.MOUNT]
    assert mounts[paths.PKI]["config"] == {"default_lease_ttl": 360_000, "max_lease_ttl": 360_000}
    assert mounts[paths.AWS]["config"] == {"default_lease_ttl": 3600, "max_lease_ttl": 14400}
    assert mounts[paths.KV]["options"] == {"version": "2"}
    assert set(mounts) == {"secret", "database", "aws", "pki", "pki-root"}


def test_an_aws_role_with_an_arn_is_assumed_and_any_other_is_a_user() -> None:
    assumed = settings()
    role = expected(plan_of(assumed), assumed)[Kind.AWS_ROLE]["s3-access"]
    assert role["credential_type"] == "assumed_role"
    assert role["role_arns"] == [assumed.aws_role_arns["s3-access"]]
    user = settings(awsRoleArns={})
    role = expected(plan_of(user), user)[Kind.AWS_ROLE]["s3-access"]
    assert role["credential_type"] == "iam_user"
    assert "max_sts_ttl" not in role


@pytest.mark.parametrize(("rate", "there"), [(0, set()), (70, {"vaultstack"})])
def test_no_rate_is_no_limit(rate: int, there: set[str]) -> None:
    stack = settings(rateLimit=rate)
    assert set(expected(plan_of(stack), stack)[Kind.RATE_LIMIT]) == there


def test_the_engines_of_other_clouds_are_there_where_a_setting_says_so() -> None:
    stack = settings(gcpEngine=True, azureSubscriptionId="s", azureTenantId="t")
    mounts = expected(plan_of(stack), stack)[Kind.MOUNT]
    assert {"gcp", "azure"} <= set(mounts)


def test_a_team_with_a_stack_has_a_provisioner_as_this_stack_has() -> None:
    by_ci = settings(teamStacks=["media-team"])
    made = expected(plan_of(by_ci), by_ci)
    name = "provisioner-media-team"
    role = made[Kind.CI_ROLE][name]
    assert role["token_policies"] == [name]
    assert role["bound_claims"]["environment"] == ["prod-media-team"]
    assert "auth/kubernetes/role/media-catalog" in made[Kind.ACL_POLICY][name]["hcl"]
    assert f'"auth/ci/role/{name}"' in made[Kind.ACL_POLICY]["provisioner"]["hcl"]
    by_approle = settings(Environment.DEV, teamStacks=["media-team"])
    roles = expected(plan_of(by_approle), by_approle)[Kind.PROVISIONER_ROLE]
    assert set(roles) == {"provisioner", name}
    assert roles[name]["token_policies"] == [name]
