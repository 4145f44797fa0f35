"""The keys that divide a plan over stacks, and those of a team's stack."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest
import yaml

from components.settings import SettingsError, TeamSettings, load_team
from policies.environments import Environment
from tests.components.settings.loader import Loader
from tests.recording import PROJECT, ROOT, Runner

DECLARED: Final[Mapping[str, Any]] = yaml.safe_load((ROOT / "teams/Pulumi.yaml").read_text())
ADDRESS: Final = "https://vault.example.com:8200"
APPROLE: Final = {"provisionerLogin": "approle", "provisionerRoleId": "a-role-id"}
SECRET_ID: Final = {"provisionerSecretId": "a-secret-id-hidden"}


def keys(**changed: object) -> dict[str, object]:
    defaults = {key: one["default"] for key, one in DECLARED["config"].items() if "default" in one}
    given = {"environment": "prod", "team": "red", "vaultAddress": ADDRESS, **changed}
    return {**defaults, **given}


def load(
    run: Runner, secrets: Mapping[str, object] | None = None, /, **changed: object
) -> TeamSettings:
    found: list[TeamSettings] = []
    config = {key: value for key, value in keys(**changed).items() if value is not None}
    run(lambda: found.append(load_team()), config=config, secrets=secrets)
    return found[0]


def problems(
    run: Runner, secrets: Mapping[str, object] | None = None, /, **changed: object
) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        load(run, secrets, **changed)
    return caught.value.problems


def test_both_programs_are_one_project() -> None:
    """Or a resource's name in the state would change with the stack that makes it."""
    assert DECLARED["name"] == PROJECT


def test_a_runs_token_is_all_that_it_needs(run: Runner) -> None:
    settings = load(run, {"kvValues": {"shop/mail": {"key": "mail-hidden"}}})
    assert (settings.environment, settings.team) == (Environment.PROD, "red")
    assert (settings.protect, settings.credentials) == (True, None)
    assert settings.vault.address == ADDRESS
    assert settings.vault.ca_cert_file is None
    assert settings.kv.max_versions is None
    assert set(settings.kv.values) == {"shop/mail"}


def test_or_what_was_handed_over(run: Runner) -> None:
    settings = load(run, SECRET_ID, **APPROLE)
    assert settings.credentials
    assert settings.credentials.role_id == "a-role-id"


RULES: Final[tuple[tuple[Mapping[str, object], Mapping[str, object], str], ...]] = (
    ({"team": ""}, {}, "vaultstack:team: is needed: this program makes what is one team's; fix: "),
    ({"team": None}, {}, "vaultstack:team: is missing; fix: pulumi config set vaultstack:team "),
    ({"vaultAddress": ""}, {}, "vaultstack:vaultAddress: is needed to reach Vault; fix: "),
    (
        {"vaultAddress": "http://vault.example.com"},
        {},
        "vaultstack:vaultAddress: must be https: tokens or secrets travel over it",
    ),
    (
        {"vaultAddress": "http://vault.example.com", "environment": "dev"},
        {},
        "vaultstack:vaultAddress: must be https: tokens or secrets travel over it; is 'http://v",
    ),
    (
        APPROLE,
        {},
        (
            "vaultstack:provisionerSecretId: is needed where provisionerLogin is 'approle': the "
            "platform's team hands it over; fix: pulumi config set --secret "
            "vaultstack:provisionerSecretId"
        ),
    ),
    (
        {"provisionerRoleId": "a-role-id"},
        {},
        (
            "vaultstack:provisionerRoleId: must not be given where provisionerLogin is 'oidc': "
            "nothing uses it; fix: pulumi config rm vaultstack:provisionerRoleId"
        ),
    ),
    ({"servers": 3}, {}, "vaultstack:servers: is not a known key; fix: remove it"),
    (
        {**APPROLE, **SECRET_ID},
        {},
        "vaultstack:provisionerSecretId: is a secret and must be encrypted in the stack file",
    ),
)


@pytest.mark.parametrize(("changed", "secrets", "problem"), RULES, ids=[one[2] for one in RULES])
def test_each_problem_names_key_rule_and_fix(
    run: Runner, changed: Mapping[str, object], secrets: Mapping[str, object], problem: str
) -> None:
    (said,) = problems(run, secrets, **changed)
    assert said.startswith(problem)
    assert "; fix: " in said
    assert "hidden" not in said


def test_a_developers_own_vault_may_be_without_tls(run: Runner) -> None:
    own = "http://127.0.0.1:8200"
    assert load(run, environment="dev", vaultAddress=own).vault.address == own


def test_all_problems_are_said_at_once(run: Runner) -> None:
    assert len(problems(run, team="", vaultAddress="", provisionerRoleId="x")) == 3


def test_teams_have_stacks_where_the_other_stack_says_so(loaded: Loader) -> None:
    assert loaded().team_stacks == ()
    assert loaded("dev", teamStacks=["red", "blue"]).team_stacks == ("red", "blue")


def test_two_stacks_of_one_team_are_refused(loaded: Loader) -> None:
    assert loaded.problems("dev", teamStacks=["red", "blue", "red"]) == (
        (
            "vaultstack:teamStacks: must name each team once, names 'red' several times: one team "
            "has one stack; fix: remove the repeats"
        ),
    )
