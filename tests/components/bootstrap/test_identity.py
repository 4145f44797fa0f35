"""The two ways in, and that no change of them locks the program out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from components.bootstrap import ci_login, identity
from components.bootstrap.ceremony import BootstrapError
from components.bootstrap.provider import AdoptProvider, InitialiseProvider
from components.settings import CiLoginSettings
from tests.components.bootstrap.fake_vault import REFUSED, SHARES, FakeVault

TOKEN = "the-runs-token-hidden"


def login(*environments: str) -> str:
    settings = CiLoginSettings("https://issuer.example", "vault-prod", "acme/x", environments)
    return ci_login.described(settings, [])


CI = login("prod")


@pytest.fixture(autouse=True)
def in_ci(vault: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run in the environment prod."""
    monkeypatch.setenv(ci_login.TOKEN_VARIABLE, TOKEN)
    vault.runs = {TOKEN: "prod"}


def inputs(address: str, /, **changed: object) -> dict[str, Any]:
    return {
        "acl": "the provisioner's ACL",
        "address": address,
        "auto_unseal": False,
        "bound_cidrs": [],
        "ca_cert_file": "",
        "ci_login": CI,
        "pgp_keys": [],
        "secret_id_ttl_seconds": 7200.0,
        "share_count": 5.0,
        "share_threshold": 3.0,
        "teams": "",
        "timeout_seconds": 0.5,
        **changed,
    }


def created(vault: FakeVault, **changed: object) -> dict[str, Any]:
    return dict(InitialiseProvider().create(inputs(vault.address, **changed)).outs or {})


def updated(olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    return dict(InitialiseProvider().update("id", dict(olds), dict(news)).outs or {})


def changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    return bool(InitialiseProvider().diff("id", dict(olds), dict(news)).changes)


def by_ci_only(vault: FakeVault, outs: Mapping[str, Any]) -> None:
    assert (outs["problem"], outs["role_id"], outs["secret_id"]) == ("", "", "")
    assert vault.secret_ids == []
    assert set(vault.auth) == {"token/", "ci/"}
    assert vault.tokens == set()


def by_approle_only(vault: FakeVault, outs: Mapping[str, Any]) -> None:
    assert outs["secret_id"] == vault.secret_ids[-1]
    assert set(vault.auth) == {"token/", "provisioner/"}
    assert vault.tokens == set()


def test_first_contact_leaves_no_credential_behind(vault: FakeVault) -> None:
    outs = created(vault)
    by_ci_only(vault, outs)
    assert outs["shares"] == SHARES
    assert not changes(outs, inputs(vault.address))
    # The root token ended before the issuer was asked for anything.
    assert vault.writes.index("auth/token/revoke-self") < vault.writes.index("auth/ci/config")


def test_a_state_without_a_secret_id_never_ages(vault: FakeVault) -> None:
    assert not identity.renewal_due(created(vault))


def test_without_the_runs_token_first_contact_does_not_begin(
    vault: FakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ci_login.TOKEN_VARIABLE)
    with pytest.raises(BootstrapError, match="TERRAFORM_VAULT_AUTH_JWT is not set"):
        created(vault)
    with pytest.raises(BootstrapError, match="TERRAFORM_VAULT_AUTH_JWT is not set"):
        AdoptProvider().create(adoption(vault.address))
    assert vault.requests == []


STEPS: Mapping[str, str] = {
    "an issuer that cannot be reached": "auth/ci/config",
    "a run that is not let in": "auth/ci/login",
    "the old way not closed": "DELETE sys/auth/provisioner",
}


@pytest.mark.parametrize("step", STEPS)
def test_first_contact_keeps_the_old_way_until_the_new_one_is_gone_through(
    vault: FakeVault, step: str
) -> None:
    vault.answers[STEPS[step]] = REFUSED
    olds = created(vault)
    assert olds["problem"]
    assert "hidden" not in olds["problem"]
    assert olds["secret_id"] == vault.secret_ids[-1]
    assert vault.tokens == set()
    vault.answers.clear()
    assert changes(olds, inputs(vault.address))
    by_ci_only(vault, updated(olds, inputs(vault.address)))
    assert not any("generate-root" in path for path in vault.writes)


def test_a_stack_changes_from_its_secret_id_to_ci(vault: FakeVault) -> None:
    olds = created(vault, ci_login="")
    by_approle_only(vault, olds)
    news = inputs(vault.address, acl="an ACL that allows it")
    assert changes(olds, news)
    before = len(vault.requests)
    outs = updated(olds, news)
    by_ci_only(vault, outs)
    paths = [path for _, path in vault.requests[before:]]
    assert paths.index("sys/policies/acl/provisioner") < paths.index("sys/auth/ci")
    assert paths.index("auth/ci/login") < paths.index("sys/auth/provisioner")
    assert not changes(outs, news)


def test_and_back(vault: FakeVault) -> None:
    before = int(time.time())
    olds, news = created(vault), inputs(vault.address, ci_login="")
    assert changes(olds, news)
    outs = updated(olds, news)
    by_approle_only(vault, outs)
    assert before <= outs["secret_id_issued_at"] <= time.time()
    assert not changes(outs, news)


def test_a_change_that_would_lock_this_run_out_is_taken_back(vault: FakeVault) -> None:
    olds = created(vault)
    role = dict(vault.ci_role)
    with pytest.raises(BootstrapError, match="refused the token of this run"):
        updated(olds, inputs(vault.address, ci_login=login("production")))
    assert vault.ci_role == role
    assert vault.tokens == set()


def test_a_first_login_of_ci_that_is_refused_leaves_no_mount(vault: FakeVault) -> None:
    olds = created(vault, ci_login="")
    with pytest.raises(BootstrapError, match="refused the token of this run"):
        updated(olds, inputs(vault.address, ci_login=login("production")))
    by_approle_only(vault, olds)


def test_another_environment_can_be_let_in(vault: FakeVault) -> None:
    outs = updated(created(vault), inputs(vault.address, ci_login=login("prod", "drift-prod")))
    by_ci_only(vault, outs)
    assert vault.ci_role["bound_claims"]["environment"] == ["prod", "drift-prod"]


def test_a_run_that_ended_before_its_state_was_written_is_gone_on_from(vault: FakeVault) -> None:
    """Vault has ended the secret ID; the state still holds it."""
    olds = created(vault, ci_login="")
    news = inputs(vault.address)
    updated(olds, news)
    by_ci_only(vault, updated(olds, news))


def test_an_update_ends_its_token_also_where_it_fails(vault: FakeVault) -> None:
    olds = created(vault)
    vault.answers["sys/policies/acl/provisioner"] = REFUSED
    with pytest.raises(Exception, match="refused by the fake"):
        updated(olds, inputs(vault.address, acl="a new ACL"))
    assert vault.tokens == set()


def test_a_changed_acl_is_written_by_ci(vault: FakeVault) -> None:
    outs = updated(created(vault), inputs(vault.address, acl="a new ACL"))
    assert vault.policies == {"provisioner": "a new ACL"}
    by_ci_only(vault, outs)


def test_another_network_is_told_to_the_role(vault: FakeVault) -> None:
    settings = CiLoginSettings("https://issuer.example", "vault-prod", "acme/x", ("prod",))
    described = ci_login.described(settings, ["10.0.0.0/8"])
    news = inputs(vault.address, bound_cidrs=["10.0.0.0/8"], ci_login=described)
    by_ci_only(vault, updated(created(vault), news))
    assert vault.ci_role["token_bound_cidrs"] == ["10.0.0.0/8"]


def test_a_state_of_an_earlier_version_has_not_changed(vault: FakeVault) -> None:
    olds = created(vault, ci_login="")
    del olds["ci_login"]
    assert not changes(olds, inputs(vault.address, ci_login=""))


# --- adoption ---


def adoption(address: str, /, **changed: object) -> dict[str, Any]:
    return {
        "acl": "the provisioner's ACL",
        "address": address,
        "bound_cidrs": [],
        "ca_cert_file": "",
        "ci_login": CI,
        "given_role_id": "the-role-id",
        "given_secret_id": "given-hidden",
        "secret_id_ttl_seconds": 7200.0,
        "teams": "",
        "timeout_seconds": 0.5,
        **changed,
    }


def ready(vault: FakeVault) -> FakeVault:
    vault.initialised, vault.sealed = True, False
    vault.auth["provisioner/"] = {}
    vault.secret_ids = ["given-hidden"]
    return vault


def test_an_adopted_vaults_given_credential_ends_as_well(vault: FakeVault) -> None:
    ready(vault)
    outs = dict(AdoptProvider().create(adoption(vault.address)).outs or {})
    by_ci_only(vault, outs | {"problem": ""})
    assert not AdoptProvider().diff("id", outs, adoption(vault.address)).changes


def test_adopting_anew_repairs_a_login_that_lets_nobody_in(vault: FakeVault) -> None:
    ready(vault)
    olds = dict(AdoptProvider().create(adoption(vault.address)).outs or {})
    vault.ci_role["bound_claims"]["environment"] = ["renamed"]
    vault.auth["provisioner/"] = {}
    vault.secret_ids = ["given-anew-hidden"]
    news = adoption(vault.address, given_secret_id="given-anew-hidden")
    outs = dict(AdoptProvider().update("id", olds, news).outs or {})
    by_ci_only(vault, outs | {"problem": ""})
    assert vault.ci_role["bound_claims"]["environment"] == ["prod"]
