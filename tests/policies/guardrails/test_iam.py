"""What IAM documents allow."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from policies.guardrails.iam import RULES, listed, principals, statements
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

VAULT_ROLE: Final = "aws-role-s3-access"
SERVERS: Final = "cluster-aws-role"
KEY: Final = "cluster-aws-key"
ACTION: Final = "policyDocument.Statement.0.Action"
RESOURCE: Final = "policyDocument.Statement.0.Resource"
TRUSTED: Final = "assumeRolePolicy.Statement.0"
ISSUER: Final = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLEPROD"
LEAST, STANDING, TRUST = "iam-least-privilege", "iam-nothing-standing", "iam-trust"
OWN, KEY_POLICY = "iam-own-environment", "kms-key-policy"


def allowing(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **statement}})


SEEDS: Final = (
    Seed(LEAST, VAULT_ROLE, ACTION, "*", "policyDocument allows the actions '*'"),
    Seed(LEAST, VAULT_ROLE, ACTION, ["s3:Get*"], "policyDocument allows the actions 's3:Get*'"),
    Seed(LEAST, VAULT_ROLE, ACTION, ["iam:PassRole"], "policyDocument allows 'iam:PassRole', with"),
    Seed(LEAST, VAULT_ROLE, RESOURCE, "*", "policyDocument allows s3:ListBucket on the resource"),
    Seed(LEAST, VAULT_ROLE, RESOURCE, ["arn:aws:s3:::*"], "policyDocument allows s3:ListBucket on"),
    Seed(
        LEAST,
        VAULT_ROLE,
        "policyDocument.Statement.0.NotAction",
        ["iam:*"],
        "policyDocument allows by NotAction",
    ),
    Seed(LEAST, VAULT_ROLE, "policyDocument", None, "policyDocument is missing"),
    Seed(LEAST, VAULT_ROLE, "policyDocument", "{}", "cannot be read: the IAM document has no"),
    Seed(LEAST, VAULT_ROLE, "policyDocument", "not JSON", "cannot be read: Expecting value"),
    Seed(
        LEAST,
        VAULT_ROLE,
        "policyArns",
        ["arn:aws:iam::aws:policy/AdministratorAccess"],
        "policyArns gives rights that no preview shows",
    ),
    Seed(
        LEAST,
        SERVERS,
        "inlinePolicies",
        [{"name": "all", "policy": allowing(Action="*", Resource="*")}],
        "inlinePolicies allows the actions '*'",
    ),
    Seed(
        STANDING,
        SERVERS,
        "managedPolicyArns",
        ["arn:aws:iam::aws:policy/AdministratorAccess"],
        "managedPolicyArns gives rights that no preview shows",
    ),
    Seed(TRUST, SERVERS, f"{TRUSTED}.Principal", "*", "trusts '*', which is everybody"),
    Seed(TRUST, SERVERS, f"{TRUSTED}.Principal", {"AWS": ["*"]}, "trusts '*', which is everybody"),
    Seed(TRUST, SERVERS, f"{TRUSTED}.Condition", None, "trusts oidc.eks.eu-west-1.amazonaws.com"),
    Seed(
        TRUST,
        SERVERS,
        f"{TRUSTED}.Condition",
        {"StringEquals": {f"{ISSUER}:aud": "a", f"{ISSUER}:sub": "system:serviceaccount:*"}},
        f"trusts {ISSUER} without naming one sub",
    ),
    Seed(
        TRUST,
        SERVERS,
        f"{TRUSTED}.Condition",
        {"StringNotEquals": {f"{ISSUER}:aud": "a", f"{ISSUER}:sub": "b"}},
        f"trusts {ISSUER} without naming one aud",
    ),
    Seed(
        TRUST,
        SERVERS,
        "assumeRolePolicy",
        allowing(Action="sts:AssumeRole", Principal={"Service": "pods.eks.amazonaws.com"}),
        "trusts every cluster of the account (no aws:SourceArn)",
    ),
    Seed(
        OWN,
        VAULT_ROLE,
        "roleArns",
        ["arn:aws:iam::111111111111:role/vault-s3-access"],
        "roleArns has 'arn:aws:iam::111111111111:role/vault-s3-access', which is not of this "
        "environment's account 333333333333",
    ),
    Seed(
        OWN,
        VAULT_ROLE,
        RESOURCE,
        ["arn:aws:s3:::kubesentiment-staging-models"],
        "policyDocument has 'arn:aws:s3:::kubesentiment-staging-models', which is named for "
        "staging",
    ),
    Seed(KEY_POLICY, KEY, "policy", None, "policy is missing"),
    Seed(
        KEY_POLICY, KEY, "policy.Statement.0.Action", "kms:*", "policy allows the actions 'kms:*'"
    ),
    Seed(KEY_POLICY, KEY, "policy.Statement.1.Principal", {"AWS": "*"}, "policy allows '*', which"),
    Seed(
        KEY_POLICY,
        KEY,
        "policy.Statement.1.NotPrincipal",
        {"AWS": "arn:aws:iam::333333333333:root"},
        "policy allows by NotPrincipal",
    ),
)
ADDED: Final = (
    Added(STANDING, Declared("aws:iam/accessKey:AccessKey", "seeded"), "is a standing identity of"),
    Added(
        STANDING,
        Declared(
            "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
            "seeded",
            {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
        ),
        "attaches arn:aws:iam::aws:policy/ReadOnlyAccess, whose rights no preview shows",
    ),
    Added(
        LEAST,
        Declared(
            "aws:iam/rolePolicy:RolePolicy",
            "seeded",
            {"policy": allowing(Action="s3:GetObject", Resource="*")},
        ),
        "policy allows s3:GetObject on the resource '*'",
    ),
)


@pytest.mark.parametrize("seed", [*SEEDS, *ADDED], ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


def test_what_a_statement_denies_is_no_right(prod: Mapping[str, Declared]) -> None:
    role = (
        prod[VAULT_ROLE].changed(ACTION, "*").changed("policyDocument.Statement.0.Effect", "Deny")
    )
    assert said(LEAST, role) == []


def test_actions_without_a_resource_may_have_none(prod: Mapping[str, Declared]) -> None:
    role = prod[VAULT_ROLE].changed(RESOURCE, "*")
    assert said(LEAST, role.changed(ACTION, "ecr:GetAuthorizationToken")) == []
    assert said(LEAST, role.changed(ACTION, ["ecr:GetAuthorizationToken", "s3:ListBucket"])) != []


def test_documents_are_read_in_all_their_forms() -> None:
    one = {"Effect": "Allow", "Action": "s3:GetObject"}
    assert list(statements({"Statement": one})) == [one]
    assert list(statements(json.dumps({"Statement": [one]}))) == [one]
    assert listed("a") == ("a",)
    assert listed(["a", "b"]) == ("a", "b")
    assert listed(None) == ()
    assert principals({"Principal": {"AWS": ["a", "b"], "Service": "c"}}) == ("a", "b", "c")
    assert principals({"Principal": "*"}) == ("*",)
    assert principals({}) == ()
    with pytest.raises(ValueError, match="no statements"):
        statements({"Statement": ["x"]})
