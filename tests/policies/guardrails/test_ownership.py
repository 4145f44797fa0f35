"""Whose ACL policies and identities are, by the access matrix."""

from __future__ import annotations

from policies.compile import compile_plan
from policies.environments import Environment
from policies.guardrails.ownership import ownership
from policies.matrix import MATRIX
from policies.subject import PEOPLE


def test_every_identity_and_policy_of_the_plan_is_somebodys(environment: Environment) -> None:
    owners, plan = ownership(environment), compile_plan(MATRIX, environment)
    assert set(owners.policies) == {policy.name for policy in plan.acl_policies}
    assert set(owners.approles) == {role.name for role in plan.approle_roles}
    assert set(owners.groups) == {group for role in plan.oidc_roles for group in role.groups}
    assert set(owners.service_accounts) == {
        (role.namespace, role.service_account) for role in plan.kubernetes_roles
    }


def test_owners_are_applications_or_people() -> None:
    owners = ownership(Environment.PROD)
    assert owners.of_policy("media-catalog-api-prod") == "media-catalog"
    assert owners.of_policy("people-auditors-prod") == PEOPLE
    assert owners.service_accounts["kubesentiment-prod", "kubesentiment"] == "kubesentiment"
    assert owners.groups["vault-operators-prod"] == PEOPLE


def test_what_is_of_another_environment_is_nobodys() -> None:
    assert ownership(Environment.PROD).of_policy("media-catalog-api-dev") is None
