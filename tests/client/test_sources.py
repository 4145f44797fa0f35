from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.examples.fake_vault import served
from vaultstack_client import AsyncVaultClient, ClientSettings, KubernetesLogin, VaultClient
from vaultstack_client.canary import Canary
from vaultstack_client.errors import (
    ConfigurationError,
    LoginFailed,
    MissingKey,
    NotAllowed,
    NotFound,
    SecretDestroyed,
    Unavailable,
    VaultClientError,
)
from vaultstack_client.groups import Group, UnknownGroup
from vaultstack_client.results import Secret
from vaultstack_client.sources import AsyncSources, MissingVariable, Origin, Sources

EXTERNAL = Group("external", "media-catalog/external", ("tmdb_api_key",), ("sentry_dsn",))
API = Group(
    "api",
    "media-catalog/api",
    ("jwt_secret",),
    ("jwt_secret_previous",),
    variables={"jwt_secret": "JWT_SECRET_KEY"},
)
CREATED = datetime(2026, 11, 22, tzinfo=UTC)
IN_VAULT = {
    "media-catalog/external": {"tmdb_api_key": "tmdb-of-vault", "another": "not-declared"},
    "media-catalog/api": {"jwt_secret": "jwt-of-vault", "jwt_secret_previous": "jwt-before"},
}
ENVIRON = {
    "MEDIA_CATALOG_EXTERNAL_TMDB_API_KEY": "tmdb-of-environment",
    "JWT_SECRET_KEY": "jwt-of-environment",
}


class Reader:
    """A client that answers from a dictionary, or fails."""

    def __init__(self, entries: Mapping[str, Mapping[str, str]] = IN_VAULT) -> None:
        self.entries = entries
        self.error: VaultClientError | None = None
        self.stale = False
        self.asked: list[str] = []

    def get_secret(self, path: str) -> Secret:
        self.asked.append(path)
        if self.error:
            raise self.error
        return Secret(path, 3, CREATED, self.entries[path], stale=self.stale)


class AsyncReader:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    async def get_secret(self, path: str) -> Secret:
        await asyncio.sleep(0)
        return self.reader.get_secret(path)


@pytest.fixture
def reader() -> Reader:
    return Reader()


def sources(reader: Reader, enabled: str, environ: Mapping[str, str] = ENVIRON) -> Sources:
    canary = Canary(("external", "api"), text=enabled)
    return Sources([EXTERNAL, API], reader, canary, environ)


def test_group_by_group(reader: Reader) -> None:
    canary = sources(reader, '["external"]')
    external, api = canary.get("external"), canary.get("api")
    assert (external.origin, external["tmdb_api_key"]) == (Origin.VAULT, "tmdb-of-vault")
    assert (api.origin, api["jwt_secret"]) == (Origin.ENVIRONMENT, "jwt-of-environment")
    assert reader.asked == ["media-catalog/external"]


def test_the_emergency_rollback_asks_vault_nothing(reader: Reader) -> None:
    reader.error = Unavailable("sealed")
    rolled_back = sources(reader, "[]")
    rolled_back.check()
    assert rolled_back.get("external")["tmdb_api_key"] == "tmdb-of-environment"
    assert reader.asked == []


def test_without_a_canary_all_come_from_vault(reader: Reader) -> None:
    moved = Sources([EXTERNAL, API], reader, None, {})
    moved.check()
    assert moved.get("api")["jwt_secret"] == "jwt-of-vault"
    assert moved.status().canary is None
    assert moved.status().missing_variables == ()
    assert set(moved.status().origins.values()) == {Origin.VAULT}


def test_a_change_of_the_list_moves_a_running_application(reader: Reader, tmp_path: Path) -> None:
    file = tmp_path / "list"
    file.write_text('["external", "api"]')
    time = [0.0]
    canary = Canary(("external", "api"), file=file, clock=lambda: time[0])
    moving = Sources([EXTERNAL, API], reader, canary, ENVIRON)
    assert moving.get("external")["tmdb_api_key"] == "tmdb-of-vault"
    file.write_text("[]")
    time[0] += 59
    assert moving.get("external")["tmdb_api_key"] == "tmdb-of-environment"
    file.write_text("no list")
    time[0] += 59
    assert moving.get("external")["tmdb_api_key"] == "tmdb-of-environment"
    status = moving.status()
    assert status.canary
    assert status.canary.error
    assert status.origins == {"external": Origin.ENVIRONMENT, "api": Origin.ENVIRONMENT}


ERRORS = [
    Unavailable("sealed"),
    NotAllowed("denied"),
    NotFound("none"),
    SecretDestroyed("destroyed"),
    LoginFailed("no token"),
    ConfigurationError("no token file"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_no_error_of_vault_leads_to_the_environment(
    reader: Reader, error: VaultClientError
) -> None:
    reader.error = error
    canary = sources(reader, '["external", "api"]')
    with pytest.raises(type(error)) as caught:
        canary.get("external")
    assert caught.value is error
    with pytest.raises(type(error)):
        canary.check()


def test_a_key_that_vault_lacks_is_not_taken_from_the_environment() -> None:
    lacking = sources(Reader({"media-catalog/external": {"sentry_dsn": "dsn"}}), '["external"]')
    values = lacking.get("external")
    assert values["sentry_dsn"] == "dsn"
    with pytest.raises(MissingKey, match=r"'media-catalog/external'.*'tmdb_api_key'"):
        values["tmdb_api_key"]
    with pytest.raises(MissingKey):
        values.check()
    with pytest.raises(MissingKey):
        lacking.check()


@pytest.mark.parametrize("environ", [{}, {"MEDIA_CATALOG_EXTERNAL_TMDB_API_KEY": ""}])
def test_a_variable_that_is_missing_or_empty(reader: Reader, environ: dict[str, str]) -> None:
    values = sources(reader, "[]", environ).get("external")
    assert dict(values) == {}
    assert len(values) == 0
    assert values.get("tmdb_api_key") is None
    with pytest.raises(MissingVariable) as caught:
        values["tmdb_api_key"]
    assert str(caught.value) == (
        "MEDIA_CATALOG_EXTERNAL_TMDB_API_KEY: must hold 'tmdb_api_key' of the group 'external', "
        "which comes from the environment, and is not set; set it, or take the group from Vault"
    )
    with pytest.raises(MissingVariable):
        values.check()


def test_both_origins_look_alike(reader: Reader) -> None:
    from_vault = sources(reader, '["external"]').get("external")
    from_environment = sources(reader, "[]").get("external")
    assert list(from_vault) == list(from_environment) == ["tmdb_api_key"]
    assert from_vault.get("sentry_dsn") is from_environment.get("sentry_dsn") is None
    for values in (from_vault, from_environment):
        with pytest.raises(KeyError, match="declares no key 'another'"):
            values["another"]


def test_what_is_known_of_vaults_answer(reader: Reader) -> None:
    reader.stale = True
    values = sources(reader, '["api"]').get("api")
    assert (values.version, values.created, values.stale) == (3, CREATED, True)
    values = sources(reader, "[]").get("api")
    assert (values.version, values.created, values.stale) == (None, None, False)


def test_what_a_rollback_would_lack_is_known_before(reader: Reader) -> None:
    environ = {"JWT_SECRET_KEY": "jwt-of-environment"}
    status = sources(reader, '["external", "api"]', environ).status()
    assert status.missing_variables == ("MEDIA_CATALOG_EXTERNAL_TMDB_API_KEY",)
    assert sources(reader, '["external"]').status().missing_variables == ()
    assert reader.asked == []


def test_status_shows_what_is_in_force(reader: Reader) -> None:
    status = sources(reader, '["external"]').status()
    assert status.origins == {"external": Origin.VAULT, "api": Origin.ENVIRONMENT}
    assert status.canary
    assert status.canary.enabled == ("external",)


def test_an_unknown_group(reader: Reader) -> None:
    with pytest.raises(UnknownGroup, match="declared are api, external"):
        sources(reader, "[]").get("externl")


def test_groups_must_fit_together(reader: Reader) -> None:
    with pytest.raises(ConfigurationError, match="names must be unique"):
        Sources([API, API], reader, None)
    with pytest.raises(ConfigurationError, match="names must be unique"):
        AsyncSources([API, API], AsyncReader(reader), None)


def test_no_value_is_shown(reader: Reader) -> None:
    for enabled in ("[]", '["external", "api"]'):
        each = sources(reader, enabled)
        for group in ("external", "api"):
            values = each.get(group)
            shown = f"{values!r} {values} {each.status()!r} {each!r} {values._values!r}"
            assert not any(value in shown for value in values.values())
            assert "of-" not in shown


def test_the_same_for_asyncio(reader: Reader) -> None:
    async def use() -> None:
        canary = Canary(("external", "api"), text='["external"]')
        moving = AsyncSources([EXTERNAL, API], AsyncReader(reader), canary, ENVIRON)
        await moving.check()
        assert (await moving.get("external"))["tmdb_api_key"] == "tmdb-of-vault"
        assert (await moving.get("api"))["jwt_secret"] == "jwt-of-environment"
        assert moving.status().origins["api"] is Origin.ENVIRONMENT
        reader.error = Unavailable("sealed")
        with pytest.raises(Unavailable):
            await moving.get("external")

    asyncio.run(use())


def test_both_clients_are_readers(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a service account's token")

    async def use(settings: ClientSettings) -> None:
        async with AsyncVaultClient(settings) as client:
            moved = AsyncSources([EXTERNAL, API], client, None)
            assert (await moved.get("api"))["jwt_secret"] == "jwt-of-vault"

    with served() as vault:
        for path, values in IN_VAULT.items():
            vault.write(path, **values)
        settings = ClientSettings(address=vault.address, login=KubernetesLogin("role", token))
        with VaultClient(settings) as client:
            assert Sources([API], client, None).get("api")["jwt_secret"] == "jwt-of-vault"
        asyncio.run(use(settings))


def test_a_decision_reads_no_file(reader: Reader, tmp_path: Path) -> None:
    """Between two looks, so that it costs microseconds."""
    file = tmp_path / "list"
    file.write_text('["api"]')
    canary = Canary(("external", "api"), file=file, look_every=timedelta(hours=1))
    moving = Sources([EXTERNAL, API], reader, canary, ENVIRON)
    file.unlink()
    for _ in range(1000):
        assert moving.get("external")["tmdb_api_key"] == "tmdb-of-environment"
