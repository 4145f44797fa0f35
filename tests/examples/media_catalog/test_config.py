from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from examples.media_catalog.config import FOR_DEVELOPMENT, GROUPS, Config, opened
from policies.environments import Environment
from policies.matrix import MEDIA_CATALOG
from tests.client.fake_vault import QUICK, MovableClock
from tests.examples.fake_vault import FakeVault, served
from vaultstack_client import (
    ConfigurationError,
    MissingKey,
    NotAllowed,
    Timing,
    Unavailable,
    VaultClientError,
    client,
)
from vaultstack_client.sources import MissingVariable

HASTY = Timing(deadline=timedelta(milliseconds=300))
DATABASE = "postgresql://static:static-password@db.internal:5432/media"
BEFORE = {
    "DATABASE_URL": "postgresql://old:old-password@db.internal:5432/media",
    "JWT_SECRET_KEY": "jwt-of-the-environment",
    "TMDB_API_KEY": "tmdb-of-the-environment",
}


@pytest.fixture
def vault() -> Iterator[FakeVault]:
    with served() as vault:
        vault.write("media-catalog/external", tmdb_api_key="tmdb-of-vault", sentry_dsn="dsn")
        vault.write("media-catalog/database", url=DATABASE)
        vault.write("media-catalog/api", jwt_secret="jwt-of-vault", session_secret="another")
        yield vault


@pytest.fixture
def environ(vault: FakeVault, tmp_path: Path) -> dict[str, str]:
    token = tmp_path / "token"
    token.write_text("a service account's token")
    return {
        "VAULT_ADDR": vault.address,
        "VAULT_ROLE": "media-catalog",
        "VAULT_JWT_FILE": str(token),
        "VAULT_ENABLED_SECRETS": '["external", "database", "api"]',
        **BEFORE,
    }


def test_the_seeds_configuration_from_vault(environ: dict[str, str]) -> None:
    with opened(environ) as config:
        config.check()
        assert config.database_url == DATABASE
        assert config.jwt_secret_key == "jwt-of-vault"
        assert config.tmdb_api_key == "tmdb-of-vault"
        assert config.sentry_dsn == "dsn"


@pytest.mark.parametrize(
    ("enabled", "from_vault"),
    [
        ('["external"]', {"external"}),
        ('["external", "database", "api"]', {"external", "database", "api"}),
        ("[]", set()),
    ],
)
def test_the_steps_of_the_canary(
    environ: dict[str, str], enabled: str, from_vault: set[str]
) -> None:
    with opened(environ | {"VAULT_ENABLED_SECRETS": enabled}) as config:
        config.check()
        assert (config.tmdb_api_key == "tmdb-of-vault") == ("external" in from_vault)
        assert (config.database_url == DATABASE) == ("database" in from_vault)
        assert (config.jwt_secret_key == "jwt-of-vault") == ("api" in from_vault)
        assert {
            name for name, origin in config.sources().origins.items() if origin == "vault"
        } == from_vault


def test_after_the_rollback_vault_is_not_needed(vault: FakeVault, environ: dict[str, str]) -> None:
    vault.sealed = True
    with opened(environ | {"VAULT_ENABLED_SECRETS": "[]"}) as config:
        config.check()
        assert config.jwt_secret_key == "jwt-of-the-environment"
        assert config.signing_keys.accepted(datetime.now(UTC)) == ("jwt-of-the-environment",)
        assert config.sentry_dsn is None
    assert vault.asked == []


def test_both_secrets_during_a_rotation(vault: FakeVault, environ: dict[str, str]) -> None:
    now = datetime.now(UTC)
    until = (now + timedelta(hours=1)).isoformat()
    vault.write(
        "media-catalog/api",
        now,
        jwt_secret="new",
        jwt_secret_previous="old",
        jwt_secret_previous_until=until,
    )
    with opened(environ) as config:
        keys = config.signing_keys
        assert keys.accepted(now) == ("new", "old")
        assert keys.since == now
        assert config.jwt_secret_key == "new"


def test_with_a_role_the_database_user_is_made_by_vault(
    vault: FakeVault, environ: dict[str, str]
) -> None:
    with opened(environ | {"DATABASE_ROLE": "media-catalog-readwrite"}) as config:
        config.check()
        parts = urlsplit(config.database_url)
        assert (parts.hostname, parts.port, parts.path) == ("db.internal", 5432, "/media")
        assert parts.username == "v-user-0"
        assert unquote(parts.password or "") == vault.users[0][1]
        assert config.database_url == config.database_url
        assert len(vault.users) == 1
    with opened(
        environ | {"DATABASE_ROLE": "media-catalog-readwrite", "VAULT_ENABLED_SECRETS": "[]"}
    ) as config:
        assert config.database_url == BEFORE["DATABASE_URL"]


def test_a_user_that_the_database_refuses_is_replaced_once(
    vault: FakeVault, environ: dict[str, str]
) -> None:
    with opened(environ | {"DATABASE_ROLE": "media-catalog-readwrite"}) as config:
        refused = config.database_url
        other = config.database_url_instead_of(refused)
        assert other != refused
        assert config.database_url_instead_of(refused) == other, "for whoever comes later, too"
        assert config.database_url == other
        assert len(vault.users) == 2
    with opened(environ) as config:
        assert config.database_url_instead_of(config.database_url) == DATABASE
    assert len(vault.users) == 2


def test_the_callback_comes_before_the_old_user_ends(
    vault: FakeVault, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that only the test moves, to 100 s before their end."""
    clock, told = MovableClock(), threading.Event()
    monkeypatch.setattr(client, "SystemClock", lambda: clock)
    with opened(environ | {"DATABASE_ROLE": "media-catalog-readwrite"}, QUICK) as config:
        config.on_new_database_user(told.set)
        before = config.database_url
        clock.pass_(vault.users_live_seconds - 100)
        assert told.wait(60)
        assert config.database_url != before


def broken(vault: FakeVault, environ: dict[str, str], how: str) -> dict[str, str]:
    match how:
        case "denied":
            vault.denied.add("secret/data/media-catalog/api")
        case "key":
            vault.write("media-catalog/api", session_secret="only")
        case "sealed":
            vault.sealed = True
        case "token":
            return environ | {"VAULT_JWT_FILE": "/nowhere/token"}
        case "list":
            return environ | {"VAULT_ENABLED_SECRETS": '"external"'}
        case "group":
            return environ | {"VAULT_ENABLED_SECRETS": '["externals"]'}
        case "variable":
            return environ | {"VAULT_ENABLED_SECRETS": '["api"]', "TMDB_API_KEY": ""}
        case "address":
            return {name: value for name, value in environ.items() if name != "VAULT_ADDR"}
    return environ


@pytest.mark.parametrize(
    ("how", "error", "says"),
    [
        ("denied", NotAllowed, "media-catalog/api"),
        ("key", MissingKey, "jwt_secret"),
        ("token", VaultClientError, "/nowhere/token"),
        ("list", ConfigurationError, "VAULT_ENABLED_SECRETS: must be a JSON list"),
        ("group", ConfigurationError, "'externals'"),
        ("variable", MissingVariable, "TMDB_API_KEY"),
        ("address", ConfigurationError, "VAULT_ADDR"),
    ],
)
def test_what_is_wrong_is_said_by_name(
    vault: FakeVault, environ: dict[str, str], how: str, error: type[VaultClientError], says: str
) -> None:
    with pytest.raises(error) as caught, opened(broken(vault, environ, how)) as config:
        config.check()
    assert not isinstance(caught.value, Unavailable)
    assert says in str(caught.value)


def test_a_sealed_vault_is_no_configuration_error(
    vault: FakeVault, environ: dict[str, str]
) -> None:
    vault.sealed = True
    with opened(environ, HASTY) as config, pytest.raises(Unavailable):
        config.check()


def test_no_error_leads_to_development_values(vault: FakeVault, environ: dict[str, str]) -> None:
    vault.sealed = True
    with opened(environ | {"ENVIRONMENT": "dev"}, HASTY) as config, pytest.raises(Unavailable):
        assert config.tmdb_api_key not in FOR_DEVELOPMENT["external"].values()
    with (
        pytest.raises(ConfigurationError, match="a Vault is configured"),
        opened(environ | {"ENVIRONMENT": "dev", "VAULT_DEVELOPMENT_VALUES": "yes"}),
    ):
        pass


def test_on_a_developers_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("vaultstack_client.development.SERVICE_ACCOUNT", tmp_path / "none")
    with opened({"ENVIRONMENT": "dev", "VAULT_DEVELOPMENT_VALUES": "yes"}) as config:
        config.check()
        assert config.jwt_secret_key == "dev-jwt-secret-key-not-for-production"
        assert config.vault() == {}
        config.on_new_database_user(lambda: None)


def test_what_is_shown_holds_no_value(environ: dict[str, str]) -> None:
    with opened(environ) as config:
        config.check()
        shown = f"{config!r} {config.vault()} {config.sources()} {config.signing_keys}"
    assert "of-vault" not in shown
    assert "password" not in shown


def test_the_groups_are_what_the_access_matrix_has() -> None:
    """What the example reads is what staging grants and the matrix declares."""
    entries = {
        entry.path.text: set(entry.keys)
        for entry in MEDIA_CATALOG.entries
        if Environment.STAGING in entry.environments
    }
    for group in GROUPS:
        written_by_rotation = {key for key in group.declared if "_previous" in key}
        assert set(group.declared) - written_by_rotation <= entries[group.path]


def test_a_config_needs_no_client() -> None:
    """Type and constructor are what tests of an application want to fake."""
    assert Config.__init__.__defaults__ == (None, None)
