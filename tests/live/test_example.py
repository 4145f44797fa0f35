"""The example application on real servers, as it would run in a pod: a process of its own, logged
in by its service account's token, with the access that the matrix grants and no more.
"""

from __future__ import annotations

import secrets
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest
from psycopg import sql

from examples.media_catalog.database import DatabaseAway, Pool
from examples.media_catalog.signing_keys import SigningKeys
from rehearsal.errors import NotYet
from rehearsal.ports import free_port
from rehearsal.supervisor import Process, Supervisor, wait_until, write_private
from rehearsal.vault_api import VaultApi
from tests.examples.entries import Entries
from tests.live.conftest import Stage
from tests.recording import ROOT
from vaultstack_client import ClientSettings, DatabaseCredentials, KubernetesLogin, VaultClient

pytestmark = pytest.mark.live

ALL = '["external", "database", "api"]'
BEFORE_VAULT = {
    "JWT_SECRET_KEY": "jwt-secret-of-the-environment",
    "TMDB_API_KEY": "tmdb-key-of-the-environment",
}
PATIENCE = timedelta(seconds=60)


@pytest.fixture
def entries(root: VaultApi) -> Iterator[Entries]:
    changed = Entries(root)
    yield changed
    changed.put_back()


@dataclass(frozen=True)
class Catalog:
    """A database with one title and two users, old and new."""

    stage: Stage
    name: str
    passwords: dict[str, str]

    def url(self, user: str) -> str:
        server = self.stage.scene.postgres
        password = quote(self.passwords[user], safe="")
        return f"postgresql://{user}:{password}@{server.host}:{server.port}/{self.name}"

    def connected(self) -> set[str]:
        rows = self.stage.scene.postgres.execute(
            sql.SQL("SELECT usename FROM pg_stat_activity WHERE datname = {}").format(
                sql.Literal(self.name)
            )
        )
        return {str(user) for (user,) in rows}


@pytest.fixture
def catalog(stage: Stage) -> Iterator[Catalog]:
    server = stage.scene.postgres
    passwords = {name: f"{secrets.token_urlsafe(12)}/@:%" for name in ("media_old", "media_new")}
    name = "media"
    for user, password in passwords.items():
        server.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                sql.Identifier(user), sql.Literal(password)
            )
        )
    server.create_database(name, "postgres")
    server.execute(
        "CREATE TABLE titles (title text); INSERT INTO titles VALUES ('Solaris'); "
        "GRANT SELECT ON titles TO media_old, media_new",
        database=name,
    )
    yield Catalog(stage, name, passwords)
    server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    for user in passwords:
        server.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(user)))


def settings_of(stage: Stage, folder: Path, **more: str) -> dict[str, str]:
    """The environment that its Deployment would give the application."""
    token = write_private(folder / "token", stage.account_token("media-catalog-api"))
    return {
        "VAULT_ADDR": stage.scene.vault_address,
        "VAULT_CACERT": stage.ca_file,
        "VAULT_ROLE": "media-catalog-api",
        "VAULT_JWT_FILE": str(token),
        **BEFORE_VAULT,
        **more,
    }


@dataclass(frozen=True)
class Browser:
    """Asks the running application, as `ada`, whose token is signed with the given secret."""

    address: str
    process: Process

    def status(self, path: str, secret: str) -> int:
        return self.ask(path, secret).status_code

    def ask(self, path: str, secret: str = "nobody-has-this-secret") -> httpx.Response:
        token = SigningKeys(secret).issue("ada", datetime.now(UTC))
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{self.address}{path}", headers=headers, timeout=30)

    def wait_for(self, path: str, secret: str, status: int = 200) -> None:
        """Until the path answers with this status."""

        def answers() -> None:
            try:
                found = self.status(path, secret)
            except httpx.TransportError as error:
                raise NotYet(type(error).__name__) from None
            if found != status:
                raise NotYet(f"{path} says {found}")

        awaited = f"{path} to say {status}"
        wait_until(answers, awaited=awaited, patience=PATIENCE, processes=[self.process])


def serve(supervisor: Supervisor, environ: dict[str, str]) -> Browser:
    port = free_port()
    process = supervisor.start(
        "example",
        [
            sys.executable,
            "-m",
            "uvicorn",
            "--factory",
            "--port",
            str(port),
            "--app-dir",
            ROOT / "client",
            "examples.media_catalog.app:create_app",
        ],
        env=supervisor.environment(**environ),
        stop_signal=signal.SIGTERM,
    )
    return Browser(f"http://127.0.0.1:{port}", process)


def test_the_canary_from_the_first_step_to_the_rollback(
    stage: Stage, entries: Entries, catalog: Catalog
) -> None:
    """Without a restart, each step within seconds, and no secret in anything that it prints."""
    entries.change("media-catalog/database", url=catalog.url("media_new"))
    of_vault = entries.values("media-catalog/api")["jwt_secret"]
    of_environment = BEFORE_VAULT["JWT_SECRET_KEY"]
    with Supervisor() as supervisor:
        listed = supervisor.folder / "enabled-secrets"
        listed.write_text('["external"]')
        environ = settings_of(
            stage,
            supervisor.folder,
            DATABASE_URL=catalog.url("media_old"),
            VAULT_ENABLED_SECRETS_FILE=str(listed),
        )
        browser = serve(supervisor, environ)
        browser.wait_for("/me", of_environment)
        assert browser.status("/me", of_vault) == 401
        assert browser.ask("/titles", of_environment).json() == ["Solaris"]
        assert catalog.connected() == {"media_old"}
        origins = {"external": "vault", "database": "environment", "api": "environment"}
        assert browser.ask("/health/ready").json()["secrets"]["origins"] == origins

        listed.write_text(ALL)
        browser.wait_for("/me", of_vault)
        assert browser.status("/me", of_environment) == 401
        assert browser.ask("/titles", of_vault).json() == ["Solaris"]
        assert catalog.connected() == {"media_new"}

        listed.write_text("external, database")
        time.sleep(6)
        assert browser.status("/me", of_vault) == 200
        ready = browser.ask("/health/ready").json()
        assert "must be a JSON list of groups" in ready["secrets"]["canary"]["error"]

        listed.write_text("[]")
        browser.wait_for("/me", of_environment)
        assert browser.ask("/titles", of_environment).json() == ["Solaris"]
        assert catalog.connected() == {"media_old"}

        supervisor.end(browser.process)
        printed = browser.process.log.read_text()
        assert "Application shutdown complete" in printed
        assert catalog.connected() == set()
        passwords = {quote(password, safe="") for password in catalog.passwords.values()}
        jwt = Path(environ["VAULT_JWT_FILE"]).read_text()
        external = entries.values("media-catalog/external").values()
        secret = {of_vault, jwt, *external, *BEFORE_VAULT.values(), *passwords}
        assert not any(value in printed for value in (*secret, *catalog.passwords.values()))
        assert "Traceback" not in printed


def test_a_denied_path_ends_the_start_by_name(stage: Stage) -> None:
    """Logged in as another application, which may not read these entries."""
    with Supervisor() as supervisor:
        token = write_private(supervisor.folder / "other", stage.account_token("kubesentiment"))
        environ = settings_of(stage, supervisor.folder, VAULT_ENABLED_SECRETS=ALL)
        browser = serve(
            supervisor, environ | {"VAULT_ROLE": "kubesentiment", "VAULT_JWT_FILE": str(token)}
        )

        def ended() -> int:
            if browser.process.exit_code is None:
                raise NotYet("it still runs")
            return browser.process.exit_code

        assert wait_until(ended, awaited="the end of the example", patience=PATIENCE) != 0
        assert "secret/data/media-catalog/" in browser.process.log.read_text()


def test_the_database_follows_vaults_users(stage: Stage, root: VaultApi, tmp_path: Path) -> None:
    """A new user replaces the old one's connections, and interrupts nobody. One that is revoked
    without notice is replaced when it is refused, and no query fails.
    """
    token = write_private(tmp_path / "token", stage.account_token("kubesentiment"))
    settings = ClientSettings(
        address=stage.scene.vault_address,
        login=KubernetesLogin("kubesentiment", token),
        ca_file=Path(stage.ca_file),
    )
    role, server = "kubesentiment-readwrite", stage.scene.postgres

    made: dict[str, DatabaseCredentials] = {}

    def url(instead_of: DatabaseCredentials | None = None) -> str:
        user = client.get_database_credentials(role, instead_of=instead_of)
        url = (
            f"postgresql://{quote(user.username)}:{quote(user.password, safe='')}"
            f"@{server.host}:{server.port}/kubesentiment"
        )
        made[url] = user
        return url

    def user_of(pool: Pool) -> str:
        with pool.connection() as connection:
            ((name,),) = connection.execute("SELECT session_user::text").fetchall()
        return str(name)

    with VaultClient(settings) as client:
        pool = Pool(
            url,
            lambda url: psycopg.connect(url, autocommit=True),
            lambda refused: url(instead_of=made[refused]),
        )
        before = client.get_database_credentials(role)
        client.on_new_credentials(role, lambda _: pool.renew())
        assert user_of(pool) == before.username
        with pool.connection() as in_use:
            after = client.get_database_credentials(role, instead_of=before)
            assert user_of(pool) == after.username != before.username
            ((still,),) = in_use.execute("SELECT session_user::text").fetchall()
            assert still == before.username
        names = sql.SQL("SELECT usename FROM pg_stat_activity WHERE usename IN ({}, {})").format(
            sql.Literal(before.username), sql.Literal(after.username)
        )

        def moved() -> None:
            if {user for (user,) in server.execute(names)} != {after.username}:
                raise NotYet("connections of the old user are open")

        wait_until(moved, awaited="the pool to move", patience=PATIENCE)

        revoked = {"lease_id": after.lease_id, "sync": True}
        assert root.call("POST", "sys/leases/revoke", revoked).allowed
        assert user_of(pool) not in {before.username, after.username}
        pool.close()
    with pytest.raises(DatabaseAway):
        Pool(lambda: "postgresql://nobody:x@127.0.0.1:1/none", psycopg.connect).renew()
