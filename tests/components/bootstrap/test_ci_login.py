"""Who in CI is the provisioner, as Vault is told it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from components.bootstrap import ceremony, ci_login
from components.bootstrap.ceremony import BootstrapError
from components.settings import CiLoginSettings
from tests.components.bootstrap.fake_vault import CI_ROLE, FakeVault

SETTINGS = CiLoginSettings(
    "https://issuer.example", "vault-prod", "acme/vaultstack", ("prod", "drift-prod")
)


def test_every_claim_is_bound_exactly_and_the_token_may_be_only_the_provisioner() -> None:
    said = json.loads(ci_login.described(SETTINGS, ["10.0.0.0/8"]))
    assert said["config"] == {
        "oidc_discovery_url": "https://issuer.example",
        "bound_issuer": "https://issuer.example",
    }
    assert said["role"] == {
        "role_type": "jwt",
        "user_claim": "sub",
        "bound_audiences": ["vault-prod"],
        "bound_claims_type": "string",
        "bound_claims": {"repository": ["acme/vaultstack"], "environment": ["prod", "drift-prod"]},
        "token_policies": ["provisioner"],
        "token_no_default_policy": True,
        "token_type": "service",
        "token_ttl": "30m",
        "token_max_ttl": "30m",
        "token_bound_cidrs": ["10.0.0.0/8"],
    }


def test_the_description_tells_the_same_the_same_way_and_nothing_of_no_login() -> None:
    assert ci_login.described(SETTINGS, []) == ci_login.described(replace(SETTINGS), ())
    assert ci_login.described(None, ["10.0.0.0/8"]) == ""


def test_runs_that_look_have_a_role_of_their_own_with_their_own_policy() -> None:
    looking = replace(
        SETTINGS, attest_environments=("drift-prod",), attest_acl_policy="platform-attest-prod"
    )
    said = json.loads(ci_login.described(looking, ["10.0.0.0/8"]))
    assert said["role"] == json.loads(ci_login.described(SETTINGS, ["10.0.0.0/8"]))["role"]
    assert said["attest"] == {
        **said["role"],
        "bound_claims": {"repository": ["acme/vaultstack"], "environment": ["drift-prod"]},
        "token_policies": ["platform-attest-prod"],
    }
    assert "attest" not in json.loads(ci_login.described(SETTINGS, []))


def test_the_role_that_looks_goes_with_its_setting(vault: FakeVault) -> None:
    vault.sealed = False
    client = ceremony.connect(vault.address, None, vault.new_root())
    looking = replace(SETTINGS, attest_environments=("drift",), attest_acl_policy="looks")
    ci_login.install(client, ci_login.described(looking, []))
    assert vault.attest_role["token_policies"] == ["looks"]
    ci_login.install(client, ci_login.described(SETTINGS, []))
    assert vault.attest_role == {}


def test_installing_twice_makes_one_mount(vault: FakeVault) -> None:
    vault.sealed = False
    client = ceremony.connect(vault.address, None, vault.new_root())
    for _ in range(2):
        ci_login.install(client, ci_login.described(SETTINGS, []))
    assert vault.writes.count("sys/auth/ci") == 1
    assert vault.auth["ci/"]["type"] == "jwt"
    assert vault.ci_config["bound_issuer"] == "https://issuer.example"
    assert vault.ci_role["bound_claims"]["repository"] == ["acme/vaultstack"]


def test_an_issuer_that_vault_cannot_reach_is_named_with_its_setting(vault: FakeVault) -> None:
    vault.sealed = False
    vault.answers["auth/ci/config"] = (400, {"errors": ["error checking oidc discovery URL"]})
    client = ceremony.connect(vault.address, None, vault.new_root())
    with pytest.raises(
        BootstrapError,
        match=r"vaultstack:ciIssuer \(https://issuer\.example\).*discovery URL.*servers may reach",
    ):
        ci_login.install(client, ci_login.described(SETTINGS, []))
    assert CI_ROLE not in vault.writes


def test_logging_in_needs_the_runs_token(vault: FakeVault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ci_login.TOKEN_VARIABLE, raising=False)
    with pytest.raises(BootstrapError, match="TERRAFORM_VAULT_AUTH_JWT is not set"):
        ci_login.log_in(ceremony.connect(vault.address, None))
    assert vault.requests == []


def test_a_refused_token_is_told_with_what_is_let_in_and_not_shown(
    vault: FakeVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ci_login.TOKEN_VARIABLE, "the-runs-token-hidden")
    with pytest.raises(BootstrapError, match=r"refused the token of this run.*<token>") as caught:
        ci_login.log_in(ceremony.connect(vault.address, None))
    assert "vaultstack:ciRepository" in str(caught.value)
    assert "hidden" not in str(caught.value)
