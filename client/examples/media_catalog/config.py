"""The service's configuration: each value is read when it is needed, so that a rotated secret or
a changed canary list needs no restart. Reading what the client has at hand costs microseconds.

Nothing here has a default: a service that starts on `sqlite:///./fallback.db` only looks well.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, Final
from urllib.parse import quote, urlsplit

from examples.media_catalog.signing_keys import SigningKeys
from vaultstack_client import (
    ClientSettings,
    DatabaseCredentials,
    DevelopmentSources,
    Group,
    Sources,
    Timing,
    VaultClient,
)
from vaultstack_client.development import asked_for
from vaultstack_client.sources import SourcesStatus

# The variables are those that the service had before Vault, and has again after a rollback.
GROUPS: Final = (
    Group(
        "external",
        "media-catalog/external",
        keys=("tmdb_api_key",),
        optional=("sentry_dsn",),
        variables={"tmdb_api_key": "TMDB_API_KEY", "sentry_dsn": "SENTRY_DSN"},
    ),
    Group("database", "media-catalog/database", keys=("url",), variables={"url": "DATABASE_URL"}),
    Group(
        "api",
        "media-catalog/api",
        keys=("jwt_secret",),
        # A rotation writes both, and takes them away with the next one.
        optional=("jwt_secret_previous", "jwt_secret_previous_until"),
        variables={"jwt_secret": "JWT_SECRET_KEY"},
    ),
)
FOR_DEVELOPMENT: Final = {
    "external": {"tmdb_api_key": "dev-tmdb-api-key"},
    "database": {"url": "postgresql://dev_user:dev_pass@localhost:5432/media_dev"},
    "api": {"jwt_secret": "dev-jwt-secret-key-not-for-production"},
}


class Config:
    """What the service needs to know. Threads may share it."""

    def __init__(
        self,
        sources: Sources | DevelopmentSources,
        client: VaultClient | None = None,
        database_role: str | None = None,
    ) -> None:
        """With a `database_role`, user and password of the database are made by Vault for this
        process, and the URL's own are not used, as long as the group `database` comes from Vault.
        """
        self._sources = sources
        self._client = client
        self._database_role = database_role
        self._made: tuple[str, DatabaseCredentials] | None = None
        """The last URL with a user that Vault made, and that user."""

    @property
    def database_url(self) -> str:
        return self._database_url(None)

    def database_url_instead_of(self, refused: str) -> str:
        """A URL with another user than this one, which the database refuses; the same where the
        user is not made by Vault. Threads that are refused at once get the same new user.
        """
        made = self._made
        return self._database_url(made[1] if made and made[0] == refused else None)

    def _database_url(self, instead_of: DatabaseCredentials | None) -> str:
        database = self._sources.get("database")
        if not (self._client and self._database_role and database.from_vault):
            return database["url"]
        made = self._client.get_database_credentials(self._database_role, instead_of=instead_of)
        url = _as_user(database["url"], made)
        self._made = (url, made)
        return url

    @property
    def jwt_secret_key(self) -> str:
        return self._sources.get("api")["jwt_secret"]

    @property
    def signing_keys(self) -> SigningKeys:
        """The same secret, with the one before it for as long as a rotation wants it accepted."""
        api = self._sources.get("api")
        return SigningKeys.of(
            api["jwt_secret"],
            api.get("jwt_secret_previous"),
            api.get("jwt_secret_previous_until"),
            api.created,
        )

    @property
    def tmdb_api_key(self) -> str:
        return self._sources.get("external")["tmdb_api_key"]

    @property
    def sentry_dsn(self) -> str | None:
        return self._sources.get("external").get("sentry_dsn")

    def check(self) -> None:
        """Read everything once. Raises `VaultClientError` with what is missing or away."""
        self._sources.check()
        _ = self.database_url

    def on_new_database_user(self, callback: Callable[[], None]) -> None:
        """Have the callback called, in a thread of the client's, when Vault made a new database
        user and before the old one ends.
        """
        if self._client and self._database_role:
            self._client.on_new_credentials(self._database_role, lambda _: callback())

    def sources(self) -> SourcesStatus:
        return self._sources.status()

    def vault(self) -> Mapping[str, Any]:
        """How the client is; empty on a developer's machine. Names, counts and times."""
        return asdict(self._client.status()) if self._client else {}


@contextmanager
def opened(
    environ: Mapping[str, str] = os.environ, timing: Timing | None = None
) -> Iterator[Config]:
    """The configuration as the environment wants it: from Vault and, for groups that the canary
    list leaves out, from variables; or, if somebody asked for it on a developer's machine, made up.

    Asks Vault nothing yet. Raises `ConfigurationError`.
    """
    if asked_for(environ):
        environment = environ.get("ENVIRONMENT", "")
        yield Config(
            DevelopmentSources(GROUPS, FOR_DEVELOPMENT, environment=environment, environ=environ)
        )
        return
    with VaultClient(ClientSettings.from_environment(environ, timing=timing)) as client:
        sources = Sources.from_environment(GROUPS, client, environ)
        yield Config(sources, client, environ.get("DATABASE_ROLE") or None)


def _as_user(url: str, made: DatabaseCredentials) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{quote(made.username, safe='')}:{quote(made.password, safe='')}"
    return parts._replace(netloc=f"{user}@{host}").geturl()
