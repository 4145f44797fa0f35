"""Which rotations run in a stack: those whose object is there and is the jobs' to change."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import pytest

from components.operations.rotation.runnable import Idle, differences, idle, runnable
from components.settings import Settings
from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import Plan
from tests.components.operations.rotation.rotations import AWS_ROOT, IDS, JWT, rotation
from tests.components.settings.loader import Loader, of_existing
from tests.recording import Runner, configuration

DATABASE_ROOT: Final = rotation(
    {"type": "database-root", "connection": "kubesentiment"}, name="kubesentiment-database-root"
)
PLAN: Final = dataclasses.replace(
    compile_plan(MATRIX, Environment.PROD), rotations=(AWS_ROOT, DATABASE_ROOT, IDS, JWT)
)
ALL: Final = ["aws-root", "kubesentiment-database-root", "shop-ci-secret-ids", "shop-jwt"]
SECRETS: Final = {
    "awsAccessKeyId": "hidden",
    "awsSecretAccessKey": "hidden",
    "databasePasswords": {"kubesentiment": "hidden"},
}
EVERYTHING: Final = {
    "awsEngine": True,
    "databaseHost": "postgres.example.com",
    "awsRotateRoot": True,
    "databaseRotateRoot": True,
}


@pytest.fixture
def loaded(run: Runner) -> Loader:
    return Loader(run)


def settings(loaded: Loader, **changed: Any) -> Settings:
    given = {**EVERYTHING, **changed}
    secrets = {key: value for key, value in SECRETS.items() if given.pop(key, value)}
    return loaded.of(of_existing("prod", **given), secrets)


def names(made: Settings, plan: Plan = PLAN) -> list[str]:
    return [one.name for one in runnable(made, plan)]


def only(made: Settings, plan: Plan = PLAN) -> Idle:
    (found,) = idle(made, plan)
    return found


def test_all_run_where_all_is_there(loaded: Loader) -> None:
    made = settings(loaded)
    assert names(made) == ALL
    assert not list(idle(made, PLAN))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"awsEngine": False}, "Vault issues no AWS credentials"),
        (
            {"awsAccessKeyId": "", "awsSecretAccessKey": "", "awsRotateRoot": False},
            "Vault has its own workload identity",
        ),
    ],
)
def test_where_there_is_no_key_of_aws_nobody_need_do_anything(
    loaded: Loader, changed: dict[str, Any], why: str
) -> None:
    made = settings(loaded, **changed)
    assert names(made) == [name for name in ALL if name != "aws-root"]
    found = only(made)
    assert found.why.startswith(why)
    assert not found.fix


def test_a_key_of_aws_that_is_kept_is_not_rotated_and_the_command_is_named(loaded: Loader) -> None:
    made = settings(loaded, awsRotateRoot=False)
    assert names(made) == [name for name in ALL if name != "aws-root"]
    assert only(made).fix == "pulumi config set vaultstack:awsRotateRoot true"


def test_a_password_that_is_kept_is_not_rotated_and_the_command_is_named(loaded: Loader) -> None:
    made = settings(loaded, databaseRotateRoot=False)
    assert names(made) == [name for name in ALL if name != "kubesentiment-database-root"]
    assert only(made).fix == "pulumi config set vaultstack:databaseRotateRoot true"


def test_a_connection_that_is_not_there_is_not_rotated(loaded: Loader) -> None:
    """The database engine itself says which password is to be given."""
    for changed, why in (
        ({"databaseHost": ""}, "Vault issues no users of databases"),
        ({"databasePasswords": {}}, "database connection 'kubesentiment' is not there yet"),
    ):
        given = {**EVERYTHING, **changed}
        secrets = {key: value for key, value in SECRETS.items() if key not in changed}
        made = loaded.of(of_existing("prod", **given), secrets)
        assert names(made) == [name for name in ALL if name != "kubesentiment-database-root"]
        assert (only(made).why, only(made).fix) == (why, "")


def test_the_ca_is_renewed_as_it_was_made(loaded: Loader) -> None:
    """With the stack files' own settings, and with the matrix as it is."""
    for environment in Environment:
        plan = compile_plan(MATRIX, environment)
        assert any(one.task["type"] == "pki-intermediate" for one in plan.rotations)
        made = loaded.of(configuration(environment.value))
        assert not list(differences(made, plan))


def test_a_ca_that_would_be_renewed_otherwise_is_told(loaded: Loader) -> None:
    plan = compile_plan(MATRIX, Environment.PROD)
    made = settings(loaded, pkiOrganization="Shop", pkiIntermediateTtl="8760h")
    name, lifetime = differences(made, plan)
    assert "'Shop prod intermediate CA' as 'vaultstack prod intermediate CA'" in name
    assert "vaultstack:pkiOrganization" in name
    assert "for 26280h, which vaultstack:pkiIntermediateTtl has live 8760h" in lifetime
