"""Three ways to log in, and how each fails."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.client.fake_vault import FakeVault, Mode, settings_for
from tests.clock import wait_until
from vaultstack_client import (
    AppRoleLogin,
    ConfigurationError,
    KubernetesLogin,
    LeaseExpired,
    Login,
    LoginFailed,
    LoginUndecided,
    TokenLogin,
    Unavailable,
    VaultClient,
)

API = "media-catalog/api"


def get(vault: FakeVault, login: Login) -> None:
    with VaultClient(settings_for(vault, login), clock=vault.clock) as client:
        assert client.get_secret(API)["jwt_secret"] == "hidden-1"


def test_a_service_accounts_token_is_read_each_time(vault: FakeVault, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    login = KubernetesLogin("app", file)
    with VaultClient(settings_for(vault, login), clock=vault.clock) as client:
        client.get_secret(API)
        file.write_text("second\n")
        vault.tokens.clear()
        client.request("GET", "auth/token/lookup-self")
    logins = [body for body in vault.bodies if "jwt" in body]
    assert logins == [{"role": "app", "jwt": "first"}, {"role": "app", "jwt": "second"}]


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file or directory"), (b"", "it is empty"), (b"\xff\xfe", "not plain text")],
)
def test_a_token_file_that_is_missing(
    vault: FakeVault, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(
        LoginFailed,
        match=r"kubernetes role 'app': .*/token must hold a service account's token, but "
        rf".*{reason}; mount it there",
    ):
        get(vault, KubernetesLogin("app", file))
    assert vault.requests == []


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, 'invalid role name "app"'),
        (403, "service account name not authorized"),
        (403, "namespace not authorized"),
    ],
)
def test_vault_gives_no_token(vault: FakeVault, tmp_path: Path, status: int, reason: str) -> None:
    file = tmp_path / "token"
    file.write_text("right")
    vault.answers["auth/kubernetes/login"] = (status, {"errors": [reason]})
    with pytest.raises(
        LoginFailed,
        match=rf"kubernetes role 'app': Vault gave no token \({status} {reason}\); the role must "
        r"be in the access matrix, and bound to this pod's service account",
    ) as caught:
        get(vault, KubernetesLogin("app", file))
    assert not isinstance(caught.value, LoginUndecided)


@pytest.mark.parametrize(
    "said", ["permission denied", "invalid expiration time (exp) claim: token is expired"]
)
def test_vault_cannot_tell_who_this_is(vault: FakeVault, tmp_path: Path, said: str) -> None:
    """As while Kubernetes' API server is away."""
    file = tmp_path / "token"
    file.write_text("right")
    vault.answers["auth/kubernetes/login"] = (403, {"errors": [said]})
    with pytest.raises(
        LoginUndecided,
        match=r"kubernetes role 'app': Kubernetes must confirm .*/token, but Vault said 403 "
        rf"{re.escape(said)}, as it does while it cannot ask; see whether it can reach",
    ):
        get(vault, KubernetesLogin("app", file))


def test_while_vault_cannot_ask_kubernetes_the_last_answer_is_served(
    vault: FakeVault, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("right")
    login = KubernetesLogin("app", file)
    with VaultClient(settings_for(vault, login), clock=vault.clock) as client:
        client.get_secret(API)
        user = client.get_database_credentials("app-readonly")
        for token in list(vault.tokens):
            vault.revoke_token(token)
        vault.answers["auth/kubernetes/login"] = (403, {"errors": ["permission denied"]})
        vault.clock.pass_(61)
        assert client.get_secret(API).stale
        wait_until(lambda: client.status().vault_away)
        assert "Kubernetes must confirm" in (client.status().last_error or "")
        with pytest.raises(LeaseExpired):
            client.get_database_credentials("app-readonly")
        logins = vault.asked("auth/kubernetes/login")
        for _ in range(200):
            assert client.get_secret(API).stale
        assert vault.asked("auth/kubernetes/login") - logins < 20

        del vault.answers["auth/kubernetes/login"]
        wait_until(lambda: not client.get_secret(API).stale)
        assert client.get_database_credentials("app-readonly").username != user.username
        assert client.status().last_error is None

        vault.answers["auth/kubernetes/login"] = (403, {"errors": ["permission denied"]})
        vault.tokens.clear()
        vault.clock.pass_(3601)
        with pytest.raises(LoginUndecided):
            client.get_secret(API)


def test_a_secret_id_from_a_file(vault: FakeVault, tmp_path: Path) -> None:
    file = tmp_path / "secret-id"
    file.write_text("right\n")
    get(vault, AppRoleLogin("app", secret_id_file=file))
    get(vault, AppRoleLogin("app", "right"))
    with pytest.raises(LoginFailed, match="AppRole with the role ID 'app': Vault gave no token"):
        get(vault, AppRoleLogin("app", "wrong"))


def test_a_wrapped_secret_id_is_unwrapped_once(vault: FakeVault, tmp_path: Path) -> None:
    file = tmp_path / "wrapping-token"
    file.write_text("wrapping-token")
    vault.answers["sys/wrapping/unwrap"] = (200, {"data": {"secret_id": "right"}})
    login = AppRoleLogin("app", secret_id_file=file, wrapped=True)
    with VaultClient(settings_for(vault, login), clock=vault.clock) as client:
        client.get_secret(API)
        vault.tokens.clear()
        client.request("GET", "auth/token/lookup-self")
    assert vault.asked("sys/wrapping/unwrap") == 1
    assert vault.asked("auth/approle/login") == 2
    assert vault.headers[0]["X-Vault-Token"] == "wrapping-token"
    assert "right" not in repr(login)


def test_a_wrapping_token_that_somebody_used(vault: FakeVault, tmp_path: Path) -> None:
    file = tmp_path / "wrapping-token"
    file.write_text("wrapping-token")
    vault.answers["sys/wrapping/unwrap"] = (400, {"errors": ["wrapping token is not valid"]})
    with pytest.raises(
        LoginFailed, match=r"must be unused.*somebody else did: tell your operators"
    ):
        get(vault, AppRoleLogin("app", secret_id_file=file, wrapped=True))


def test_unwrapping_is_not_tried_twice(vault: FakeVault, tmp_path: Path) -> None:
    """Or a lost answer would look like a theft."""
    file = tmp_path / "wrapping-token"
    file.write_text("wrapping-token")
    vault.mode = Mode.DROPPING
    with pytest.raises(Unavailable, match="may have been carried out, so it was not sent again"):
        get(vault, AppRoleLogin("app", secret_id_file=file, wrapped=True))
    assert vault.asked("sys/wrapping/unwrap") == 1


def test_a_given_token_is_never_revoked(vault: FakeVault) -> None:
    token = vault.new_token()
    get(vault, TokenLogin(token))
    assert token in vault.tokens


def test_a_given_token_that_ended(vault: FakeVault) -> None:
    with pytest.raises(LoginFailed, match="the given token: must be a token that has not ended"):
        get(vault, TokenLogin("hidden-gone"))


def test_an_agents_token_is_read_again_when_it_ended(vault: FakeVault, tmp_path: Path) -> None:
    sink = tmp_path / "token"
    sink.write_text(vault.new_token())
    with VaultClient(settings_for(vault, TokenLogin(token_file=sink)), clock=vault.clock) as client:
        client.get_secret(API)
        vault.tokens.clear()
        sink.write_text(vault.new_token())
        vault.clock.pass_(61)
        assert client.get_secret(API)["jwt_secret"] == "hidden-1"


def test_a_given_token_that_cannot_be_renewed_is_told_of_in_time(
    vault: FakeVault, caplog: pytest.LogCaptureFixture
) -> None:
    vault.token_renewable = False
    token = vault.new_token()
    with VaultClient(settings_for(vault, TokenLogin(token)), clock=vault.clock) as client:
        client.get_secret(API)
        vault.clock.pass_(1801)
        wait_until(lambda: "must be replaced before it ends" in (client.status().last_error or ""))
        assert client.get_secret(API)["jwt_secret"] == "hidden-1"
    assert token not in caplog.text


@pytest.mark.parametrize(
    "make",
    [
        lambda: AppRoleLogin("r"),
        lambda: AppRoleLogin("r", "s", Path("/s")),
        TokenLogin,
        lambda: TokenLogin("t", Path("/t")),
    ],
)
def test_one_source_and_not_two(make: object) -> None:
    assert callable(make)
    with pytest.raises(ConfigurationError, match=r"must have a .* or a file for it, and not both"):
        make()
