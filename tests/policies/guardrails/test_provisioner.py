"""The identity with which the program configures Vault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pytest

from policies import provisioner
from policies.guardrails.provisioner import CI, RULES, USES
from tests.policies.guardrails.looking import Declared
from tests.policies.guardrails.seeds import Seed, check, names, said

BOOTSTRAP: Final = "vault-initialisation"
ROLE: Final = {
    "bound_audiences": ["vault-prod"],
    "bound_claims_type": "string",
    "bound_claims": {"repository": ["team/vaultstack"], "environment": ["prod"]},
    "token_max_ttl": "30m",
}


def login(**changed: object) -> str:
    return json.dumps({"role": {**ROLE, **changed}})


def looking(**changed: object) -> str:
    own = {**ROLE, "token_policies": ["platform-attest-prod"]}
    return json.dumps({"role": ROLE, "attest": {**own, **changed}})


def with_rule(path: str, capability: str) -> str:
    return f'{provisioner.acl()}\npath "{path}" {{ capabilities = ["{capability}"] }}\n'


SEEDS: Final = (
    Seed(
        USES.name,
        BOOTSTRAP,
        "acl",
        with_rule("secret/data/*", "read"),
        "acl allows read of 'secret/data/any', which hands out secrets",
    ),
    Seed(
        USES.name,
        BOOTSTRAP,
        "acl",
        with_rule("database/creds/+", "read"),
        "acl allows read of 'database/creds/any'",
    ),
    Seed(
        USES.name,
        BOOTSTRAP,
        "acl",
        with_rule("pki/issue/+", "update"),
        "acl allows update of 'pki/issue/any'",
    ),
    Seed(USES.name, BOOTSTRAP, "acl", "path {", "cannot be read: line 1"),
    Seed(
        CI.name,
        BOOTSTRAP,
        "ci_login",
        looking(token_policies=["provisioner"]),
        "ci_login.attest.token_policies is not 'platform-attest-prod' alone, which only looks",
    ),
    Seed(
        CI.name, BOOTSTRAP, "ci_login", looking(bound_audiences=[]), "ci_login.attest.bound_audien"
    ),
    Seed(CI.name, BOOTSTRAP, "ci_login", login(bound_audiences=[]), "ci_login.role.bound_audienc"),
    Seed(CI.name, BOOTSTRAP, "ci_login", login(bound_claims_type="glob"), "ci_login.role.bound_cl"),
    Seed(
        CI.name,
        BOOTSTRAP,
        "ci_login",
        login(bound_claims={"repository": ["team/*"], "environment": ["prod"]}),
        "ci_login.role.bound_claims names no repository",
    ),
    Seed(
        CI.name,
        BOOTSTRAP,
        "ci_login",
        login(bound_claims={"repository": ["team/vaultstack"]}),
        "ci_login.role.bound_claims names no environment",
    ),
    Seed(
        CI.name,
        BOOTSTRAP,
        "ci_login",
        login(token_max_ttl="2h"),
        "ci_login.role.token_max_ttl is 2h, more than 1h",
    ),
    Seed(
        CI.name,
        BOOTSTRAP,
        "ci_login",
        login(token_max_ttl=None),
        "ci_login.role.token_max_ttl is as long as Vault likes",
    ),
)


@pytest.mark.parametrize("seed", SEEDS, ids=str)
def test_a_violation_is_caught(seed: Seed, prod: Mapping[str, Declared]) -> None:
    check(seed, prod)


def test_each_rule_has_one() -> None:
    assert names(SEEDS) == {rule.name for rule in RULES}


def test_a_run_that_is_named_in_full_passes(prod: Mapping[str, Declared]) -> None:
    assert said(CI.name, prod[BOOTSTRAP].changed("ci_login", login())) == []
    assert said(CI.name, prod[BOOTSTRAP].changed("ci_login", looking())) == []


def test_an_adopted_vault_is_read_as_well() -> None:
    adoption = "pulumi-python:dynamic/vaultstack:Adoption"
    seeded = Declared(adoption, "seeded", {"acl": with_rule("aws/creds/+", "read")})
    (message,) = said(USES.name, seeded)
    assert message.startswith("seeded: acl allows read of 'aws/creds/any'")
