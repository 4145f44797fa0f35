"""What the client is told, and every way to tell it wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from vaultstack_client import (
    AppRoleLogin,
    ClientSettings,
    ConfigurationError,
    KubernetesLogin,
    Timing,
    TokenLogin,
)

ADDRESS = "https://vault.vault.svc:8200"
LOGIN = KubernetesLogin("media-catalog-api")
BASE = {"VAULT_ADDR": ADDRESS, "VAULT_ROLE": "app"}


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("vault:8200", "must be a URL; write one such as 'https://"),
        ("", "must be a URL"),
        ("http://vault.vault.svc:8200", "must be https, or everybody on the way reads the token"),
        ("https://vault:8200/v1", "must be scheme, host and port only.*write 'https://vault:8200'"),
        ("https://me:hidden@vault", "must be scheme, host and port only"),
        ("https://:hidden@vault", "must be scheme, host and port only"),
    ],
)
def test_an_address_that_is_none(address: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        ClientSettings(address=address, login=LOGIN)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8200", "http://localhost:8200/", ADDRESS])
def test_an_address(address: str) -> None:
    assert ClientSettings(address=address, login=LOGIN).address == address.rstrip("/")


def test_a_cache_of_nothing() -> None:
    with pytest.raises(ConfigurationError, match=r"cache_size \(0\): must be at least 1"):
        ClientSettings(address=ADDRESS, login=LOGIN, cache_size=0)


@pytest.mark.parametrize(
    ("given", "login"),
    [
        ({}, KubernetesLogin("app")),
        ({"VAULT_AUTH": ""}, KubernetesLogin("app")),
        ({"VAULT_JWT_FILE": "/t"}, KubernetesLogin("app", Path("/t"))),
        (
            {"VAULT_AUTH": "approle", "VAULT_ROLE_ID": "r", "VAULT_SECRET_ID": "s"},
            AppRoleLogin("r", "s"),
        ),
        (
            {"VAULT_AUTH": "approle", "VAULT_ROLE_ID": "r", "VAULT_SECRET_ID_FILE": "/s"},
            AppRoleLogin("r", secret_id_file=Path("/s")),
        ),
        (
            {"VAULT_AUTH": "approle", "VAULT_ROLE_ID": "r", "VAULT_WRAPPED_SECRET_ID_FILE": "/w"},
            AppRoleLogin("r", secret_id_file=Path("/w"), wrapped=True),
        ),
        ({"VAULT_AUTH": "token", "VAULT_TOKEN": "t"}, TokenLogin("t")),
        ({"VAULT_AUTH": "token", "VAULT_TOKEN_FILE": "/t"}, TokenLogin(token_file=Path("/t"))),
    ],
)
def test_from_the_environment(given: dict[str, str], login: object) -> None:
    settings = ClientSettings.from_environment({**BASE, **given})
    assert settings.login == login
    assert settings.ca_file is None


def test_the_processs_own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_ADDR", ADDRESS)
    monkeypatch.setenv("VAULT_ROLE", "app")
    monkeypatch.setenv("VAULT_CACERT", "/ca.crt")
    timing = Timing(deadline=timedelta(seconds=3))
    settings = ClientSettings.from_environment(timing=timing)
    assert settings.ca_file == Path("/ca.crt")
    assert settings.timing is timing


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"VAULT_ADDR": ""}, r"VAULT_ADDR: must be there, with the URL of Vault; set it"),
        ({"VAULT_ROLE": ""}, r"VAULT_ROLE: must be there"),
        ({"VAULT_ROLE": "a/b"}, r"VAULT_ROLE 'a/b': must be letters"),
        ({"VAULT_AUTH": "ldap"}, r"VAULT_AUTH \('ldap'\): must be kubernetes, approle or token"),
        ({"VAULT_AUTH": "approle"}, "VAULT_ROLE_ID: must be there"),
        ({"VAULT_AUTH": "approle", "VAULT_ROLE_ID": "r"}, "VAULT_SECRET_ID: must be there"),
        ({"VAULT_AUTH": "token"}, "VAULT_TOKEN: must be there"),
    ],
)
def test_a_variable_that_is_wrong_or_missing(given: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        ClientSettings.from_environment({**BASE, **given})


def test_no_secret_is_shown() -> None:
    for login in (AppRoleLogin("r", "hidden"), TokenLogin("hidden")):
        assert "hidden" not in repr(ClientSettings(address=ADDRESS, login=login))
