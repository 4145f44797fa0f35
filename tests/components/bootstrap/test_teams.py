"""The provisioners of teams: made, brought up to date and taken away with the platform's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import pytest

from components.bootstrap import ci_login, teams
from components.bootstrap.provider import AdoptProvider, InitialiseProvider
from components.settings import CiLoginSettings
from tests.components.bootstrap.fake_vault import CI_ROLE, REFUSED, ROLE, FakeVault

RED, BLUE = "provisioner-red", "provisioner-blue"
TOKEN: Final = "the-runs-token-hidden"


def ci(*names: str) -> str:
    settings = CiLoginSettings("https://issuer.example", "vault-prod", "acme/x", ("prod",))
    return ci_login.described(settings, [], {name: f"prod-{name}" for name in names})


def inputs(address: str, /, **changed: object) -> dict[str, Any]:
    return {
        "acl": "the provisioner's ACL",
        "address": address,
        "auto_unseal": False,
        "bound_cidrs": ["10.0.0.0/8"],
        "ca_cert_file": "",
        "ci_login": "",
        "pgp_keys": [],
        "secret_id_ttl_seconds": 7200.0,
        "share_count": 5.0,
        "share_threshold": 3.0,
        "teams": teams.described({RED: "red's ACL", BLUE: "blue's ACL"}),
        "timeout_seconds": 0.5,
        **changed,
    }


@pytest.fixture(autouse=True)
def in_ci(vault: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ci_login.TOKEN_VARIABLE, TOKEN)
    vault.runs = {TOKEN: "prod"}


def created(vault: FakeVault, **changed: object) -> dict[str, Any]:
    return dict(InitialiseProvider().create(inputs(vault.address, **changed)).outs or {})


def updated(olds: Mapping[str, Any], **changed: object) -> dict[str, Any]:
    news = inputs(olds["address"], **changed)
    assert InitialiseProvider().diff("id", dict(olds), news).changes
    return dict(InitialiseProvider().update("id", dict(olds), news).outs or {})


def texts(vault: FakeVault) -> dict[str, str]:
    return {name: text for name, text in vault.policies.items() if name != "provisioner"}


def test_the_description_is_the_same_for_the_same_teams_and_empty_for_none() -> None:
    assert teams.described({RED: "a", BLUE: "b"}) == teams.described({BLUE: "b", RED: "a"})
    assert teams.described({}) == ""


def test_a_new_vault_has_them_with_a_way_in_for_each_and_no_credential(vault: FakeVault) -> None:
    outs = created(vault)
    assert outs["problem"] == ""
    assert texts(vault) == {RED: "red's ACL", BLUE: "blue's ACL"}
    assert set(vault.team_roles) == {f"{ROLE}-red", f"{ROLE}-blue"}
    role = vault.team_roles[f"{ROLE}-red"]
    assert role["token_policies"] == RED
    assert role["token_no_default_policy"] is True
    assert role["token_bound_cidrs"] == role["secret_id_bound_cidrs"] == "10.0.0.0/8"
    assert len(vault.secret_ids) == 1
    assert vault.tokens == set()


def test_where_ci_logs_in_they_do_too(vault: FakeVault) -> None:
    outs = created(vault, ci_login=ci(RED, BLUE))
    assert outs["problem"] == ""
    assert texts(vault).keys() == {RED, BLUE}
    assert set(vault.team_roles) == {f"{CI_ROLE}-red", f"{CI_ROLE}-blue"}
    role = vault.team_roles[f"{CI_ROLE}-red"]
    assert role["token_policies"] == [RED]
    assert role["bound_claims"] == {"repository": ["acme/x"], "environment": [f"prod-{RED}"]}


def test_an_adopted_vault_has_them(vault: FakeVault) -> None:
    before = created(vault, teams="")
    assert texts(vault) == {}
    given = {"given_role_id": before["role_id"], "given_secret_id": before["secret_id"]}
    AdoptProvider().create({**inputs(vault.address), **given})
    assert texts(vault).keys() == {RED, BLUE}


def test_what_was_reviewed_anew_replaces_what_was(vault: FakeVault) -> None:
    outs = created(vault)
    updated(outs, teams=teams.described({RED: "red's new ACL", BLUE: "blue's ACL"}))
    assert texts(vault)[RED] == "red's new ACL"


@pytest.mark.parametrize("login", ["", ci(RED, BLUE)])
def test_a_team_that_has_no_stack_any_more_is_taken_away_whole(
    vault: FakeVault, login: str
) -> None:
    outs = created(vault, ci_login=login)
    updated(outs, teams=teams.described({BLUE: "blue's ACL"}), ci_login=ci(BLUE) if login else "")
    assert texts(vault).keys() == {BLUE}
    assert [path.removesuffix("-blue") for path in vault.team_roles] == [CI_ROLE if login else ROLE]


def test_it_is_taken_away_before_the_right_to_is(vault: FakeVault) -> None:
    outs = created(vault)
    vault.requests.clear()
    updated(outs, teams="", acl="an ACL that names no team")
    ended = vault.requests.index(("DELETE", f"{ROLE}-red"))
    assert ended < vault.requests.index(("PUT", "sys/policies/acl/provisioner"))


def test_a_state_from_before_there_were_teams_has_none(vault: FakeVault) -> None:
    outs = created(vault, teams="")
    del outs["teams"]
    assert not InitialiseProvider().diff("id", outs, inputs(vault.address, teams="")).changes
    assert updated(outs)["teams"] == inputs("")["teams"]
    assert texts(vault).keys() == {RED, BLUE}


def test_a_failure_is_a_problem_that_the_next_up_goes_on_from(vault: FakeVault) -> None:
    vault.answers[f"{ROLE}-red"] = REFUSED
    outs = created(vault)
    assert "did not finish" in outs["problem"]
    vault.answers.clear()
    assert updated(outs)["problem"] == ""
    assert set(vault.team_roles) == {f"{ROLE}-red", f"{ROLE}-blue"}


def test_with_the_last_stack_they_go(vault: FakeVault) -> None:
    outs = created(vault)
    InitialiseProvider().delete("id", outs)
    assert vault.policies == {}
    assert "provisioner/" not in vault.auth  # and with it every way in


def test_what_a_preview_shows_of_them_is_their_acl_policies() -> None:
    assert json.loads(inputs("")["teams"]) == {RED: "red's ACL", BLUE: "blue's ACL"}
