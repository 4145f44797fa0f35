"""What certificates may be issued."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pytest

from policies.guardrails.pki import RULES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Seed, check, names

ROLE: Final = "pki-role-kubesentiment-api"
RULE: Final = "certificate-names"
SEEDS: Final = (
    Seed(RULE, ROLE, "allowAnyName", True, "allowAnyName allows any name at all"),
    Seed(RULE, ROLE, "allowGlobDomains", True, "allowGlobDomains allows names by pattern"),
    Seed(RULE, ROLE, "allowWildcardCertificates", None, "allowWildcardCertificates allows"),
    Seed(RULE, ROLE, "allowIpSans", None, "allowIpSans allows any address"),
    Seed(RULE, ROLE, "allowLocalhost", True, "allowLocalhost allows localhost"),
    Seed(RULE, ROLE, "enforceHostnames", False, "enforceHostnames is off"),
    Seed(RULE, ROLE, "allowedDomains", [], "allowedDomains names nothing"),
    Seed(RULE, ROLE, "allowedDomains", ["*.prod.example.internal"], "allowedDomains has a wild"),
    Seed(
        RULE,
        ROLE,
        "allowedDomains",
        ["api.kubesentiment.dev.example.internal"],
        "allowedDomains has 'api.kubesentiment.dev.example.internal', which is not below this "
        "environment's prod.example.internal",
    ),
    Seed(RULE, ROLE, "allowedDomains", ["evil-prod.example.internal"], "allowedDomains has 'evil"),
    Seed(RULE, ROLE, "allowedDomains", ["prod.example.internal"], "allowedDomains has 'prod.ex"),
)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}
