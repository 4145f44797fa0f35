"""Names that the matrix does not know are errors in a stack's configuration, with key and fix."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping

import pulumi
import pytest

from components import consistency
from components.settings import CiLoginSettings, Settings, SettingsError, TeamSettings, load
from policies.compile import compile_plan
from policies.environments import Environment
from policies.lifetime import Duration
from policies.matrix import LIFETIMES, MATRIX
from policies.plan import Plan
from tests.components.settings.loader import Loader
from tests.recording import Runner, configuration

DEV = compile_plan(MATRIX, Environment.DEV)
PROD = compile_plan(MATRIX, Environment.PROD)
(KEYS,) = (one.keys for one in DEV.kv_entries if one.name == "deploy/kubesentiment/keys")
ARN = "arn:aws:iam::111111111111:role/x"


@pytest.fixture
def settings(run: Runner) -> Settings:
    """Those of dev, with nothing given."""
    found: list[Settings] = []
    run(lambda: found.append(load(MATRIX.spec)), config=configuration("dev"))
    return found[0]


def given(
    settings: Settings,
    *,
    arns: Mapping[str, str] | None = None,
    passwords: Mapping[str, str] | None = None,
    values: Mapping[str, Mapping[str, str]] | None = None,
) -> Settings:
    def secret(texts: Mapping[str, str] | None) -> Mapping[str, pulumi.Output[str]]:
        return {name: pulumi.Output.secret(text) for name, text in (texts or {}).items()}

    assert settings.aws
    assert settings.database
    entries = {path: secret(keys) for path, keys in (values or {}).items()}
    return dataclasses.replace(
        settings,
        aws=dataclasses.replace(settings.aws, role_arns=arns or {}),
        database=dataclasses.replace(settings.database, passwords=secret(passwords)),
        kv=dataclasses.replace(settings.kv, values=entries),
    )


def problems(settings: Settings, plan: Plan = DEV) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        consistency.check(settings, plan)
    return caught.value.problems


def test_nothing_given_is_in_order(settings: Settings) -> None:
    consistency.check(settings, DEV)


def test_names_of_the_matrix_are_in_order(settings: Settings) -> None:
    consistency.check(
        given(
            settings,
            arns={role.name: ARN for role in DEV.aws_roles},
            passwords={one.database: "x" for one in DEV.database_connections},
            values={
                entry.name: dict.fromkeys(entry.keys, "x")
                for entry in DEV.kv_entries
                if entry.generated_length is None
            },
        ),
        DEV,
    )


def test_an_entry_half_given_is_refused_with_what_is_missing(settings: Settings) -> None:
    """It would be taken away where it is in use."""
    values = {"kubesentiment/config": {"redis_password": "kv-hidden"}}
    (problem,) = problems(given(settings, values=values))
    assert problem == (
        "vaultstack:kvValues[kubesentiment/config]: lacks kafka_password, model_api_key; an entry "
        "is given whole or not at all, or one that is in use would be taken away; fix: give what "
        "is missing, or remove the rest"
    )


def test_an_entry_given_whole_beside_one_not_given_is_in_order(settings: Settings) -> None:
    keys = ("redis_password", "kafka_password", "model_api_key")
    values = {"kubesentiment/config": dict.fromkeys(keys, "x")}
    consistency.check(given(settings, values=values), DEV)


@pytest.mark.parametrize("value", ['a"b', "$(reboot)", "`reboot`", "a\\b", "a\nb", "a\r"])
def test_a_value_that_a_shell_would_obey_is_refused_where_one_sources_it(
    run: Runner, value: str
) -> None:
    values = {"redis_password": "it's-fine; (really)", "kafka_password": value}
    given = {
        "kubesentiment/config": {**values, "model_api_key": "x"},
        # Nobody sources this one.
        "deploy/kubesentiment/keys": dict.fromkeys(KEYS, value),
    }
    loaded = Loader(run)("dev", {"kvValues": given})
    (problem,) = problems(loaded)
    assert problem == (
        "vaultstack:kvValues[kubesentiment/config]: kafka_password holds a double quote, $, a "
        "backtick, a backslash or a line's end, and a shell that sources it between double quotes "
        "would obey it; fix: have a value issued without these, or deliver it with Quoting.SINGLE "
        "in components/delivery/deliveries.py"
    )


def lasting(settings: Settings, intermediate: str) -> Settings:
    return dataclasses.replace(
        settings,
        pki=dataclasses.replace(settings.pki, intermediate_ttl=Duration.parse(intermediate)),
    )


def test_certificates_that_outlive_the_intermediate_are_refused(settings: Settings) -> None:
    (problem,) = problems(lasting(settings, "71h"))
    assert problem == (
        "vaultstack:pkiIntermediateTtl: must outlive the certificates it signs: 71h is below "
        f"{LIFETIMES.certificate.maximum}; fix: pulumi config set vaultstack:pkiIntermediateTtl "
        "26280h"
    )


def test_an_intermediate_that_lives_as_long_as_its_certificates_is_in_order(
    settings: Settings,
) -> None:
    consistency.check(lasting(settings, "72h"), DEV)
    consistency.check(lasting(settings, "1h"), dataclasses.replace(DEV, pki_roles=()))


def test_a_misspelt_aws_role_is_refused_with_the_right_name(settings: Settings) -> None:
    """It would be made with long-lived keys instead of the ARN."""
    (problem,) = problems(given(settings, arns={"s3-acess": ARN, "s3-access": ARN}))
    assert problem == (
        "vaultstack:awsRoleArns: 's3-acess' is no AWS role of the matrix in dev; fix: rename it to "
        "'s3-access', or remove it"
    )


def test_a_misspelt_database_is_refused_with_the_right_name(settings: Settings) -> None:
    (problem,) = problems(given(settings, passwords={"kubesentment": "db-hidden"}))
    assert problem == (
        "vaultstack:databasePasswords: 'kubesentment' is no database of the matrix in dev; fix: "
        "rename it to 'kubesentiment', or remove it"
    )


def test_a_misspelt_entry_is_refused_with_the_right_name(settings: Settings) -> None:
    values = {"kubesentiment/confg": {"redis_password": "kv-hidden"}}
    (problem,) = problems(given(settings, values=values))
    assert problem == (
        "vaultstack:kvValues: 'kubesentiment/confg' is no given KV entry of the matrix in dev; "
        "fix: rename it to 'kubesentiment/config', or remove it"
    )


def test_a_misspelt_key_is_refused_with_the_right_name(settings: Settings) -> None:
    values = {"kubesentiment/config": {"redis_pasword": "kv-hidden", "kafka_password": "x"}}
    problem, lacks = problems(given(settings, values=values))
    assert "kvValues[kubesentiment/config]: lacks redis_password, model_api_key; " in lacks
    assert problem == (
        "vaultstack:kvValues[kubesentiment/config]: 'redis_pasword' is no key of this entry in the "
        "matrix; fix: rename it to 'redis_password', or remove it"
    )


def test_a_name_like_no_other_is_refused_with_all_there_are(settings: Settings) -> None:
    (problem,) = problems(given(settings, arns={"x": ARN}))
    assert problem.endswith(
        "fix: write one of kubesentiment-admin, kubesentiment-deploy, s3-access, or remove it"
    )


def test_where_there_is_no_name_at_all_it_can_only_be_removed(settings: Settings) -> None:
    without = dataclasses.replace(DEV, aws_roles=(), kv_entries=())
    found = problems(given(settings, arns={"x": ARN}, values={"a/b": {"c": "x"}}), without)
    assert found == (
        "vaultstack:awsRoleArns: 'x' is no AWS role of the matrix in dev; fix: remove it",
        "vaultstack:kvValues: 'a/b' is no given KV entry of the matrix in dev; fix: remove it",
    )


def test_values_of_a_generated_entry_are_refused(settings: Settings) -> None:
    values = {"media-catalog/api": {"jwt_secret": "kv-hidden"}}
    (problem,) = problems(given(settings, values=values))
    assert problem == (
        "vaultstack:kvValues: 'media-catalog/api' is generated, and rotated later, so nobody gives "
        "it values; fix: remove them"
    )


def test_an_entry_of_another_environment_is_refused(settings: Settings) -> None:
    made = given(
        settings, values={"media-catalog/external": {"tmdb_api_key": "x", "sentry_dsn": "x"}}
    )
    consistency.check(made, DEV)
    (problem,) = problems(made, PROD)
    assert "'media-catalog/external' is no given KV entry of the matrix in prod; fix: " in problem


def test_an_engine_that_is_off_is_asked_for_no_names(settings: Settings) -> None:
    wrong = given(settings, arns={"x": ARN}, passwords={"x": "x"})
    consistency.check(dataclasses.replace(wrong, aws=None, database=None), DEV)


def test_problems_are_told_together_and_hold_no_value(settings: Settings) -> None:
    found = problems(
        given(
            settings,
            arns={"b": ARN, "a": ARN},
            passwords={"x": "db-hidden"},
            values={"a/b": {"c": "kv-hidden"}, "kubesentiment/config": {"x": "kv-hidden"}},
        )
    )
    assert [re.split(" is no |; an entry", problem)[0] for problem in found] == [
        "vaultstack:awsRoleArns: 'a'",
        "vaultstack:awsRoleArns: 'b'",
        "vaultstack:databasePasswords: 'x'",
        "vaultstack:kvValues: 'a/b'",
        "vaultstack:kvValues[kubesentiment/config]: 'x'",
        (
            "vaultstack:kvValues[kubesentiment/config]: lacks redis_password, kafka_password, "
            "model_api_key"
        ),
    ]
    assert "hidden" not in "".join(found)


def split(settings: Settings, *teams: str) -> Settings:
    return dataclasses.replace(settings, team_stacks=teams)


def test_teams_of_the_matrix_can_have_stacks(settings: Settings) -> None:
    consistency.check(split(settings, "media-team", "sentiment-team"), PROD)


def test_a_team_that_is_none_of_the_matrix_is_named_with_its_key(settings: Settings) -> None:
    (problem,) = problems(split(settings, "media"), PROD)
    assert problem == (
        "vaultstack:teamStacks: team 'media': answers for no application of the matrix in prod; "
        "write one of media-team, sentiment-team"
    )


def test_no_run_of_ci_is_a_teams_and_the_platforms(settings: Settings) -> None:
    def by_ci(*environments: str, looking: str = "attest-prod") -> Settings:
        ci = CiLoginSettings(
            "https://ci.example", "vault-prod", "acme/vaultstack", environments, (looking,)
        )
        bootstrap = dataclasses.replace(settings.bootstrap, ci=ci)
        return dataclasses.replace(split(settings, "media-team"), bootstrap=bootstrap)

    consistency.check(by_ci("prod", "prod-sentiment-team"), PROD)
    for given, key in (
        (by_ci("prod", "Prod-Media-Team"), "ciEnvironments"),
        (by_ci("prod", looking="prod-media-team"), "ciAttestEnvironments"),
    ):
        (problem,) = problems(given, PROD)
        assert problem == (
            f"vaultstack:{key}: 'prod-media-team' is the environment of a team's stack, whose runs "
            "could log in as more than 'provisioner-media-team'; fix: name the platform's otherwise"
        )


def test_what_is_a_teams_is_given_to_its_stack_and_no_other(settings: Settings) -> None:
    values = {"deploy/kubesentiment/keys": dict.fromkeys(KEYS, "x")}
    whole = given(settings, values=values)
    consistency.check(split(whole, "media-team"), DEV)
    (problem,) = problems(split(whole, "sentiment-team"))
    assert problem.startswith(
        "vaultstack:kvValues: 'deploy/kubesentiment/keys' is no given KV entry of the matrix"
    )
    consistency.check_team(of_team(whole, "sentiment-team"), DEV)
    with pytest.raises(SettingsError, match="'deploy/kubesentiment/keys' is no given KV entry"):
        consistency.check_team(of_team(whole, "media-team"), DEV)


def of_team(settings: Settings, team: str) -> TeamSettings:
    return TeamSettings(DEV.environment, team, True, settings.vault, None, settings.kv)


def test_a_teams_stack_of_no_team_of_the_matrix_says_so(settings: Settings) -> None:
    with pytest.raises(SettingsError) as caught:
        consistency.check_team(of_team(settings, "platform-team"), DEV)
    (problem,) = caught.value.problems
    assert problem.startswith("vaultstack:team: team 'platform-team': answers for no application")
