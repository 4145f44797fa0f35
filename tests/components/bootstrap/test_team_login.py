"""A team's stack logs in as its own provisioner, and sets up nothing."""

from __future__ import annotations

import json

import pulumi
import pytest

from components.bootstrap import TeamLogin, ci_login
from components.settings import (
    KvSettings,
    ProvisionerCredentials,
    TeamSettings,
    VaultSettings,
)
from policies.environments import Environment
from tests.recording import PROVIDER, Recording, Runner, is_secret, plain


def make(run: Runner, *, approle: bool, preview: bool = False) -> Recording:
    def program() -> None:
        settings = TeamSettings(
            environment=Environment.PROD,
            team="red",
            protect=True,
            vault=VaultSettings("https://vault.example:8200", "ca.pem"),
            credentials=ProvisionerCredentials("the-role-id", pulumi.Output.secret("id-hidden"))
            if approle
            else None,
            kv=KvSettings(None, {}),
        )
        TeamLogin("vault", settings)

    return run(program, preview=preview)


@pytest.fixture(autouse=True)
def in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ci_login.TOKEN_VARIABLE, "the-runs-token-hidden")


def test_a_run_of_ci_is_the_teams_provisioner(run: Runner) -> None:
    recording = make(run, approle=False)
    assert recording["vault"].type == "vaultstack:bootstrap:TeamLogin"
    provider = recording["vault-provisioner"]
    assert json.loads(plain(provider.inputs["authLoginJwt"])) == {
        "mount": "ci",
        "role": "provisioner-red",
    }
    assert "authLogin" not in provider.inputs
    assert "the-runs-token-hidden" not in str([one.values for one in recording.resources])


def test_or_it_logs_in_with_what_was_handed_over(run: Runner) -> None:
    provider = make(run, approle=True)["vault-provisioner"]
    assert is_secret(provider.inputs["authLogin"])
    login = json.loads(plain(provider.inputs["authLogin"]))
    assert login["path"] == "auth/provisioner/login"
    assert "authLoginJwt" not in provider.inputs


@pytest.mark.parametrize("approle", [False, True])
def test_it_declares_its_provider_and_nothing_else(run: Runner, approle: bool) -> None:
    recording = make(run, approle=approle)
    assert [one.type for one in recording.resources if one.request.custom] == [PROVIDER]


def test_an_up_without_the_runs_token_says_what_is_missing(
    run: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ci_login.TOKEN_VARIABLE)
    assert make(run, approle=False).warnings == [ci_login.NO_TOKEN]
    assert make(run, approle=False, preview=True).warnings == []
    assert make(run, approle=True).warnings == []
