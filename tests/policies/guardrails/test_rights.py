"""What Kubernetes lets pods do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from policies.guardrails.rights import RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Seed, check, names, said

ROLE: Final = "cluster-registration-role"
BINDING: Final = "cluster-reviewer"
LEAST, ONE = "kubernetes-least-privilege", "kubernetes-bound-to-one"
SEEDS: Final = (
    Seed(LEAST, ROLE, "rules.0.verbs", ["*"], "rules have a wildcard in verbs"),
    Seed(LEAST, ROLE, "rules.0.resources", ["*"], "rules have a wildcard in resources"),
    Seed(LEAST, ROLE, "rules.0.apiGroups", ["*"], "rules have a wildcard in apiGroups"),
    Seed(LEAST, ROLE, "rules.0.verbs", ["impersonate"], "rules allow impersonate"),
    Seed(
        LEAST,
        ROLE,
        "rules.1",
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]},
        "rules reach all secrets; resourceNames name none",
    ),
    Seed(
        LEAST,
        ROLE,
        "rules.1",
        {"apiGroups": ["apps"], "resources": ["deployments"], "verbs": ["get", "patch"]},
        "rules patch all deployments; resourceNames name none",
    ),
    Seed(ONE, BINDING, "roleRef.name", "cluster-admin", "roleRef is 'cluster-admin'"),
    Seed(
        ONE,
        BINDING,
        "subjects.1",
        {"kind": "Group", "name": "system:authenticated"},
        "subjects has 'system:authenticated', which is a whole group",
    ),
    Seed(
        ONE,
        "cluster-registration-binding",
        "subjects.0",
        {"kind": "Group", "name": "system:serviceaccounts:vault"},
        "subjects has 'system:serviceaccounts:vault'",
    ),
)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


def test_named_secrets_may_be_read(prod: Mapping[str, Declared]) -> None:
    rule = {
        "apiGroups": [""],
        "resources": ["secrets"],
        "resourceNames": ["vault-server-tls"],
        "verbs": ["get"],
    }
    assert said(LEAST, prod[ROLE].changed("rules.1", rule)) == []
