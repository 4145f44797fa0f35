from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from examples.media_catalog.app import create_app
from examples.media_catalog.signing_keys import SigningKeys
from tests.clock import wait_until
from tests.examples import running as running_app
from tests.examples.fake_vault import TOKEN, FakeVault, served
from vaultstack_client import NotAllowed, Timing

SECRETS = {
    "TMDB_API_KEY": "tmdb-of-the-environment",
    "DATABASE_URL": "postgresql://old:old-password@db.internal:5432/media",
    "JWT_SECRET_KEY": "jwt-of-the-environment",
}
IN_VAULT = {
    "media-catalog/external": {"tmdb_api_key": "tmdb-of-vault"},
    "media-catalog/database": {"url": "postgresql://new:new-password@db.internal:5432/media"},
    "media-catalog/api": {"jwt_secret": "jwt-secret-of-vault"},
}
SWIFT = Timing(
    deadline=timedelta(milliseconds=500),
    stale_patience=timedelta(milliseconds=100),
    secret_fresh_for=timedelta(milliseconds=50),
    first_backoff=timedelta(milliseconds=10),
    greatest_backoff=timedelta(milliseconds=50),
)


class Rows:
    def __init__(self, titles: list[str]) -> None:
        self._titles = titles

    def fetchall(self) -> list[tuple[str]]:
        return [(title,) for title in self._titles]


class Database:
    """Remembers with which URLs it was connected to; answers with the user's name."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.error: Exception | None = None
        self.open = 0

    def connect(self, url: str) -> Database.Connection:
        self.urls.append(url)
        if self.error:
            raise self.error
        self.open += 1
        return Database.Connection(self, url)

    class Connection:
        def __init__(self, database: Database, url: str) -> None:
            self.database, self.url = database, url

        def execute(self, query: Any, params: Any = None, /) -> Rows:
            del query, params
            if self.database.error:
                raise self.database.error
            return Rows([self.url.partition("//")[2].partition(":")[0]])

        def close(self) -> None:
            self.database.open -= 1


@contextmanager
def tmdb() -> Iterator[tuple[str, list[str]]]:
    """The outside: its address, and the keys that it was shown."""
    shown: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers["Authorization"])
            content = json.dumps({"results": []}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: Any) -> None:
            del arguments

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", shown
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def vault() -> Iterator[FakeVault]:
    with served() as vault:
        for path, values in IN_VAULT.items():
            vault.write(path, **values)
        yield vault


@pytest.fixture
def database() -> Database:
    return Database()


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    file = tmp_path / "enabled-secrets"
    file.write_text('["external", "database", "api"]')
    return file


@pytest.fixture
def environ(vault: FakeVault, tmp_path: Path, listed: Path) -> dict[str, str]:
    token = tmp_path / "token"
    token.write_text("a service account's token")
    return {
        "VAULT_ADDR": vault.address,
        "VAULT_ROLE": "media-catalog",
        "VAULT_JWT_FILE": str(token),
        "VAULT_ENABLED_SECRETS_FILE": str(listed),
        **SECRETS,
    }


@contextmanager
def running(environ: Mapping[str, str], database: Database) -> Iterator[httpx.Client]:
    """The application, which leaves neither a thread nor a connection behind."""
    threads = set(threading.enumerate())
    app = create_app(environ, connect=database.connect, timing=SWIFT)
    with running_app.running(app) as client:
        yield client
    left = {each.name for each in set(threading.enumerate()) - threads}
    assert not any("vault" in name for name in left)
    assert database.open == 0


@pytest.fixture
def client(environ: dict[str, str], database: Database) -> Iterator[httpx.Client]:
    with running(environ, database) as client:
        yield client


def bearer(secret: str = "jwt-secret-of-vault") -> dict[str, str]:
    return {"Authorization": f"Bearer {SigningKeys(secret).issue('ada', datetime.now(UTC))}"}


def test_ready_tells_where_everything_comes_from(client: httpx.Client) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert body["ready"] is True
    assert body["secrets"]["origins"] == {"external": "vault", "database": "vault", "api": "vault"}
    assert body["secrets"]["missing_variables"] == []
    assert body["vault"]["cached"] == 3
    assert body["vault"]["token_expires"]
    assert client.get("/health/live").json() == {"live": True}


def test_no_answer_and_no_log_holds_a_secret(
    environ: dict[str, str],
    vault: FakeVault,
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    with tmdb() as (address, _), running(environ | {"TMDB_URL": address}, database) as client:
        for _ in range(2):
            paths = ("/health/ready", "/me", "/titles", "/search?title=x", "/none")
            shown += [client.get(path, headers=bearer()).text for path in paths]
            vault.denied.update(f"secret/data/{path}" for path in IN_VAULT)
            wait_until(lambda: client.get("/health/ready").status_code == 503)
        vault.denied.clear()
        wait_until(lambda: client.get("/health/ready").status_code == 200)
        database.error = psycopg.OperationalError("password of old is old-password")
        shown.append(client.get("/titles", headers=bearer()).text)
    everything = "\n".join([*shown, caplog.text])
    values = [*SECRETS.values(), *(v for e in IN_VAULT.values() for v in e.values()), TOKEN]
    for value in [*values, "old-password", "new-password", "service account's token"]:
        assert value not in everything


def test_who_is_let_in(client: httpx.Client) -> None:
    assert client.get("/me", headers=bearer()).json() == {"subject": "ada"}
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": bearer()["Authorization"].replace("Bearer", "Basic")},
        bearer("another-secret-altogether"),
    ):
        for path in ("/me", "/titles", "/search?title=x"):
            answer = client.get(path, headers=headers)
            assert (answer.status_code, answer.json()) == (401, {"detail": "log in"})
            assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_rotation_logs_nobody_out(client: httpx.Client, vault: FakeVault) -> None:
    before = bearer()
    assert client.get("/me", headers=before).status_code == 200
    vault.write(
        "media-catalog/api",
        jwt_secret="jwt-secret-after-the-rotation",
        jwt_secret_previous="jwt-secret-of-vault",
        jwt_secret_previous_until=(datetime.now(UTC) + timedelta(hours=1)).isoformat(),
    )
    after = bearer("jwt-secret-after-the-rotation")
    wait_until(lambda: client.get("/me", headers=after).status_code == 200)
    assert client.get("/me", headers=before).status_code == 200
    fresh = client.post("/tokens/refresh", headers=before).json()["token"]
    # Signed so that an instance that does not know the new secret yet accepts it, too.
    assert SigningKeys("jwt-secret-of-vault").subject(fresh, datetime.now(UTC)) == "ada"

    vault.write("media-catalog/api", jwt_secret="jwt-secret-after-the-rotation")
    wait_until(lambda: client.get("/me", headers=before).status_code == 401)
    assert client.get("/me", headers=after).status_code == 200


def test_the_emergency_rollback_needs_no_restart(
    environ: dict[str, str], vault: FakeVault, database: Database, listed: Path
) -> None:
    """With the real clock: a changed list is in force after a while."""
    with tmdb() as (address, keys), running(environ | {"TMDB_URL": address}, database) as client:
        assert client.get("/search?title=x", headers=bearer()).status_code == 200
        vault.sealed = True
        listed.write_text("[]")
        of_environment = bearer(SECRETS["JWT_SECRET_KEY"])
        wait_until(lambda: client.get("/me", headers=of_environment).status_code == 200)
        assert client.get("/search?title=x", headers=of_environment).status_code == 200
        assert client.get("/titles", headers=of_environment).json() == ["old"]
        assert client.get("/me", headers=bearer()).status_code == 401
        ready = client.get("/health/ready").json()
    assert keys == ["Bearer tmdb-of-vault", "Bearer tmdb-of-the-environment"]
    assert set(ready["secrets"]["origins"].values()) == {"environment"}


def test_the_database_gets_new_connections_with_new_users(
    environ: dict[str, str], vault: FakeVault, database: Database
) -> None:
    vault.users_live_seconds = 3
    with running(environ | {"DATABASE_ROLE": "readwrite"}, database) as client:
        assert client.get("/titles", headers=bearer()).json() == ["v-user-0"]
        wait_until(lambda: len(database.urls) > 1)
        assert client.get("/titles", headers=bearer()).json() == [vault.users[-1][0]]
        assert database.open == 1, "the old user's connection is closed"


def test_a_database_that_is_away_is_no_crash(client: httpx.Client, database: Database) -> None:
    database.error = psycopg.OperationalError("connection refused")
    answer = client.get("/titles", headers=bearer())
    assert (answer.status_code, answer.json()) == (503, {"detail": "try again later"})
    assert answer.headers["Retry-After"] == "5"
    database.error = None
    assert client.get("/titles", headers=bearer()).status_code == 200
    database.error = psycopg.errors.InsufficientPrivilege("permission denied")
    assert client.get("/titles", headers=bearer()).status_code == 503
    database.error = None
    assert client.get("/titles", headers=bearer()).status_code == 200


def test_vaults_outage_is_bridged(client: httpx.Client, vault: FakeVault) -> None:
    assert client.get("/titles", headers=bearer()).status_code == 200
    vault.sealed = True
    wait_until(lambda: client.get("/health/ready").json()["vault"]["stale_served"] > 0)
    for _ in range(20):
        assert client.get("/titles", headers=bearer()).status_code == 200
        assert client.get("/health/ready").status_code == 200
    assert "sealed" in client.get("/health/ready").json()["vault"]["last_error"]


def test_it_starts_while_vault_is_away_and_is_ready_later(
    environ: dict[str, str], vault: FakeVault, database: Database
) -> None:
    vault.sealed = True
    with running(environ, database) as client:
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503
        assert client.get("/me", headers=bearer()).status_code == 503
        vault.sealed = False
        wait_until(lambda: client.get("/health/ready").status_code == 200)
        assert client.get("/me", headers=bearer()).status_code == 200


def test_it_does_not_start_where_it_may_not_read(
    environ: dict[str, str], vault: FakeVault, database: Database
) -> None:
    vault.denied.add("secret/data/media-catalog/api")
    app = create_app(environ, connect=database.connect, timing=SWIFT)

    async def start() -> None:
        async with app.router.lifespan_context(app):
            pass

    with pytest.raises(NotAllowed, match="media-catalog/api"):
        asyncio.run(start())
    assert vault.asked[-1][1] == "auth/token/revoke-self", "and leaves nothing behind"


def test_access_that_is_taken_away_is_away(client: httpx.Client, vault: FakeVault) -> None:
    """Not bridged, and not from the environment, though its variables are there."""
    assert client.get("/me", headers=bearer()).status_code == 200
    vault.denied.add("secret/data/media-catalog/api")
    wait_until(lambda: client.get("/me", headers=bearer()).status_code == 503)
    assert client.get("/me", headers=bearer(SECRETS["JWT_SECRET_KEY"])).status_code == 503
    assert client.get("/health/ready").status_code == 503
    assert "media-catalog/api" in client.get("/health/ready").json()["problem"]
