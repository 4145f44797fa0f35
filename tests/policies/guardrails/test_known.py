"""What may be declared at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest
from pulumi_policy import EnforcementLevel

from policies.environments import Environment
from policies.guardrails.known import _KNOWN, KNOWN, RENDERED, RULES
from policies.guardrails.pack import RULES as ALL
from policies.guardrails.rule import ResourceRule
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Added, Seed, check, names, said

ENDPOINT: Final = "vault:generic/endpoint:Endpoint"
SEEDS: Final = (
    Seed(
        KNOWN.name,
        "database-rotation-kubesentiment",
        "path",
        "sys/policies/acl/kubesentiment-api-prod",
        "writes 'sys/policies/acl/kubesentiment-api-prod' past the resource types",
    ),
    Seed(KNOWN.name, "kv-mount", "path", "more", "mounts 'kv' at 'more', where no ACL policy"),
    Seed(KNOWN.name, "database-mount", "type", "plugin", "mounts 'plugin' at 'database'"),
)
ADDED: Final = (
    *(
        Added(KNOWN.name, Declared(type_, "seeded"), f"no guardrail reads a {type_}")
        for type_ in (
            "vault:index/token:Token",
            "vault:identity/entityPolicies:EntityPolicies",
            "vault:index/userpassAuthBackendUser:UserpassAuthBackendUser",
            "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId",
        )
    ),
    Added(
        RENDERED.name,
        Declared("kubernetes:helm.sh/v3:Release", "chart"),
        "is a kubernetes:helm.sh/v3:Release, whose objects no guardrail reads",
    ),
    Added(
        RENDERED.name,
        Declared("kubernetes:apps/v1:StatefulSetPatch", "patch"),
        "is a kubernetes:apps/v1:StatefulSetPatch",
    ),
)


@pytest.mark.parametrize("seed", [*SEEDS, *ADDED], ids=str)
def test_a_violation_is_caught(seed: Seed | Added, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names([*SEEDS, *ADDED]) == {rule.name for rule in RULES}


@pytest.mark.parametrize("path", ["database/rotate-root/shop", "aws/config/rotate-root"])
def test_a_password_may_be_rotated(path: str) -> None:
    assert said(KNOWN.name, Declared(ENDPOINT, "rotation", {"path": path})) == []


def test_charts_are_advised_against() -> None:
    for environment in Environment:
        assert RENDERED.levels.of(environment) is EnforcementLevel.ADVISORY


def test_every_type_of_vault_that_a_rule_names_is_known() -> None:
    named = {
        type_
        for rule in ALL
        if isinstance(rule, ResourceRule)
        for type_ in rule.types
        if type_.startswith("vault:") and type_ != "vault:*"
    }
    assert named <= _KNOWN
