"""All guardrails together, on the real program of each environment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

import pytest
from pulumi_policy import EnforcementLevel

from components.bootstrap.ci_login import TOKEN_VARIABLE
from policies.environments import Environment
from policies.guardrails.pack import RULES, environment_of, policies
from policies.guardrails.rule import Rule
from tests.policies.guardrails.looking import Declared, all_of, violations
from tests.recording import Runner
from tests.test_team_stacks import TEAMS, keys, of_team


def test_the_program_passes(
    programs: Mapping[Environment, list[Declared]], environment: Environment
) -> None:
    assert violations(programs[environment], environment) == []


@pytest.mark.parametrize("team", TEAMS)
def test_the_program_of_a_teams_stack_passes(
    team: str, run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(TOKEN_VARIABLE, "the-runs-token")
    declared = all_of(run(of_team, config=keys(team)))
    assert "vault:index/policy:Policy" in {one.type for one in declared}
    assert violations(declared, Environment.PROD) == []


def test_names_are_there_once_and_in_one_form() -> None:
    assert Counter(rule.name for rule in RULES).most_common(1)[0][1] == 1
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name) for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_each_says_what_it_means_in_sentences(rule: Rule) -> None:
    assert rule.says.endswith(".")
    assert rule.meaning.endswith(".")
    assert not rule.repair.endswith("."), "it ends a sentence that goes on"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_prod_is_no_more_lenient_than_the_others(rule: Rule) -> None:
    order = [
        EnforcementLevel.DISABLED,
        EnforcementLevel.ADVISORY,
        EnforcementLevel.MANDATORY,
        EnforcementLevel.REMEDIATE,
    ]
    dev, staging, prod = (order.index(rule.levels.of(one)) for one in Environment)
    assert dev <= staging <= prod


def test_it_goes_by_the_key_that_the_program_goes_by() -> None:
    assert environment_of({"vaultstack:environment": "dev"}) is Environment.DEV
    assert environment_of({"vaultstack:environment": "staging"}) is Environment.STAGING
    assert environment_of({}) is Environment.PROD
    assert environment_of({"vaultstack:environment": "development"}) is Environment.PROD


def test_pulumi_gets_each_of_them(environment: Environment) -> None:
    assert [policy.name for policy in policies(environment)] == [rule.name for rule in RULES]
