"""The identity with which the program configures Vault."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pytest

from policies import provisioner
from policies.compile import compile_plan
from policies.environments import Environment
from policies.guardrails.provisioner import CI, RULES, TEAMS, USES
from policies.guardrails.rule import Rule
from policies.matrix import MATRIX
from policies.slices import teams_in
from policies.team_provisioner import provisioners
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


PLAN: Final = compile_plan(MATRIX, Environment.PROD)
OF_TEAMS: Final = {one.name: one.acl for one in provisioners(PLAN, teams_in(PLAN))}
MEDIA: Final = "provisioner-media-team"


def teams(rule: str) -> str:
    """Those of the matrix, with one rule more."""
    return json.dumps({**OF_TEAMS, MEDIA: f"{OF_TEAMS[MEDIA]}\n{rule}\n"})


def of_teams(**changed: object) -> str:
    own = {**ROLE, "token_policies": [MEDIA]}
    return json.dumps({"role": ROLE, "teams": {MEDIA: {**own, **changed}}})


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
        USES.name,
        BOOTSTRAP,
        "teams",
        teams('path "secret/data/media-catalog/api/x" { capabilities = ["read"] }'),
        f"teams.{MEDIA} allows read of 'secret/data/media-catalog/api/x'",
    ),
    *(
        Seed(
            TEAMS.name,
            BOOTSTRAP,
            "teams",
            teams(f'path "{path}" {{ capabilities = ["create", "update"] {held} }}'),
            f"teams.{MEDIA} lets its holder have more ({power}): ",
        )
        for path, power, held in (
            ("sys/policies/acl/x", "write-acl-policies", ""),
            ("sys/policies/acl/x", "write-acl-policies", 'allowed_parameters = {"policy" = []}'),
            ("sys/policies/acl/x", "write-acl-policies", 'allowed_parameters = {"policy"=["x*"]}'),
            ("sys/policies/acl/x", "write-acl-policies", 'allowed_parameters = {"policy"=["*"]}'),
            ("sys/policies/acl/x*", "write-acl-policies", 'allowed_parameters = {"policy"=["x"]}'),
            ("auth/kubernetes/role/x", "write-auth-roles", 'allowed_parameters = {"policy"=["x"]}'),
            (
                "auth/kubernetes/role/x",
                "write-auth-roles",
                'allowed_parameters = {"token_policies" = ["x"], "*" = []}',
            ),
            ("auth/token/create", "create-tokens", ""),
        )
    ),
    Seed(
        CI.name,
        BOOTSTRAP,
        "ci_login",
        of_teams(token_policies=["provisioner"]),
        f"ci_login.teams.{MEDIA}.token_policies is not '{MEDIA}' alone",
    ),
    Seed(
        CI.name,
        BOOTSTRAP,
        "ci_login",
        of_teams(bound_claims_type="glob"),
        f"ci_login.teams.{MEDIA}.bound_claims_type is not 'string'",
    ),
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
    assert said(CI.name, prod[BOOTSTRAP].changed("ci_login", of_teams())) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_provisioners_of_teams_pass_as_they_are_compiled(
    rule: Rule, prod: Mapping[str, Declared]
) -> None:
    assert len(OF_TEAMS) == 2
    assert said(rule.name, prod[BOOTSTRAP].changed("teams", json.dumps(OF_TEAMS))) == []


def test_an_adopted_vault_is_read_as_well() -> None:
    adoption = "pulumi-python:dynamic/vaultstack:Adoption"
    seeded = Declared(adoption, "seeded", {"acl": with_rule("aws/creds/+", "read")})
    (message,) = said(USES.name, seeded)
    assert message.startswith("seeded: acl allows read of 'aws/creds/any'")
