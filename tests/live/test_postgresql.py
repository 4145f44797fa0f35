"""The SQL of `policies.postgresql`, run on a real PostgreSQL as Vault's plugin would run it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import psycopg
import pytest
from psycopg import sql

from policies.postgresql import DatabaseAccess, Statements, statements
from rehearsal.servers import postgres
from rehearsal.servers.postgres import PostgresServer
from rehearsal.supervisor import Supervisor

pytestmark = pytest.mark.live

READ_ONLY, READ_WRITE = DatabaseAccess.READ_ONLY, DatabaseAccess.READ_WRITE
DATABASE: Final = "media-catalog"
OWNER: Final = "media-owner"
VAULT: Final = "vault"
PASSWORD: Final = "a-password-of-the-test"
AT_ONCE: Final = 8


@dataclass(frozen=True)
class Database:
    """A database, and Vault's administrator of it: no superuser, but all that the docstring of
    `policies.postgresql` says that it needs.
    """

    server: PostgresServer
    name: str

    def issue(self, user: str, access: DatabaseAccess) -> None:
        self._as_vault(
            self.statements(access).creation, user, expiration="2999-01-01 00:00:00+0000"
        )

    def renew(self, user: str, until: str) -> None:
        self._as_vault(self.statements(READ_ONLY).renewal, user, expiration=until)

    def revoke(self, user: str) -> None:
        self._as_vault(self.statements(READ_ONLY).revocation, user)

    def statements(self, access: DatabaseAccess) -> Statements:
        return statements(database=self.name, owner=OWNER, schema="public", access=access)

    def run_as(self, user: str, statement: str) -> list[tuple[object, ...]]:
        return self.server.execute(statement, database=self.name, user=user, password=PASSWORD)

    def connect(self, user: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=self.server.host,
            port=self.server.port,
            dbname=self.name,
            user=user,
            password=PASSWORD,
            sslmode=self.server.sslmode,
            autocommit=True,
        )

    def users(self, like: str) -> list[str]:
        query = sql.SQL("SELECT rolname FROM pg_roles WHERE rolname LIKE {} ORDER BY 1")
        return [str(name) for (name,) in self.server.execute(query.format(sql.Literal(like)))]

    def _as_vault(self, strings: tuple[str, ...], user: str, *, expiration: str = "") -> None:
        values = {"name": user, "username": user, "password": PASSWORD, "expiration": expiration}
        with self.connect(VAULT) as connection, connection.transaction():
            for query in as_vault_splits(strings):
                connection.execute(filled(query, values).encode())


def as_vault_splits(strings: tuple[str, ...]) -> Iterator[str]:
    """What Vault's plugin runs one by one: a string with END whole, another split at semicolons."""
    for text in strings:
        if re.search(r"\bEND\b", text):
            yield text
        else:
            yield from (part.strip() for part in text.split(";") if part.strip())


def filled(template: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        template = template.replace(f"{{{{{name}}}}}", value)
    return template


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with Supervisor() as own:
        server = postgres.start(own)
        for statement in (
            f"CREATE ROLE \"{OWNER}\" LOGIN PASSWORD '{PASSWORD}'",
            f"CREATE ROLE \"{VAULT}\" LOGIN CREATEROLE PASSWORD '{PASSWORD}'",
            f'GRANT "{OWNER}" TO "{VAULT}"',
            f'GRANT pg_signal_backend TO "{VAULT}"',
        ):
            server.execute(statement)
        yield server


@pytest.fixture(scope="module")
def database(server: PostgresServer) -> Database:
    return fresh_database(server, DATABASE)


def fresh_database(server: PostgresServer, name: str) -> Database:
    """A database with one table, and another schema's right taken from everybody, as since 15."""
    server.create_database(name, OWNER)
    database = Database(server, name)
    database.run_as(OWNER, "CREATE TABLE film (id serial PRIMARY KEY, title text)")
    database.run_as(OWNER, "INSERT INTO film (title) VALUES ('Metropolis')")
    return database


def test_a_read_only_user_reads_and_cannot_write(database: Database) -> None:
    database.issue("v-reader", READ_ONLY)
    assert database.run_as("v-reader", "SELECT title FROM film WHERE id = 1") == [("Metropolis",)]
    for forbidden in (
        "INSERT INTO film (title) VALUES ('M')",
        "UPDATE film SET title = 'M'",
        "DELETE FROM film",
        "TRUNCATE film",
        "SELECT nextval('film_id_seq')",
        "CREATE TABLE mine (id int)",
        "CREATE ROLE mine",
        'SET ROLE "media-owner"',
        'SET ROLE "media-catalog_readwrite"',
    ):
        with pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.InvalidParameterValue)
        ):
            database.run_as("v-reader", forbidden)
    database.revoke("v-reader")


def test_a_read_write_user_writes_rows_and_cannot_change_tables(database: Database) -> None:
    database.issue("v-writer", READ_WRITE)
    database.run_as("v-writer", "INSERT INTO film (title) VALUES ('Nosferatu')")
    database.run_as("v-writer", "UPDATE film SET title = 'M' WHERE title = 'Nosferatu'")
    database.run_as("v-writer", "DELETE FROM film WHERE title = 'M'")
    for forbidden in ("DROP TABLE film", "TRUNCATE film", "CREATE TABLE mine (id int)"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.run_as("v-writer", forbidden)
    database.revoke("v-writer")


def test_tables_that_the_owner_makes_later_are_seen_by_users_old_and_new(
    database: Database,
) -> None:
    database.issue("v-old", READ_ONLY)
    database.issue("v-old-writer", READ_WRITE)
    database.run_as(OWNER, "CREATE TABLE later (id serial PRIMARY KEY)")
    database.issue("v-new", READ_ONLY)
    for reader in ("v-old", "v-new"):
        assert database.run_as(reader, "SELECT * FROM later") == []
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.run_as(reader, "INSERT INTO later DEFAULT VALUES")
    database.run_as("v-old-writer", "INSERT INTO later DEFAULT VALUES")
    for user in ("v-old", "v-old-writer", "v-new"):
        database.revoke(user)


def test_an_expired_user_cannot_log_in_and_a_renewed_one_can(database: Database) -> None:
    database.issue("v-renewed", READ_ONLY)
    database.renew("v-renewed", "2001-01-01 00:00:00+0000")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        database.run_as("v-renewed", "SELECT 1")
    database.renew("v-renewed", "2999-01-01 00:00:00+0000")
    assert database.run_as("v-renewed", "SELECT 1") == [(1,)]
    database.revoke("v-renewed")


def test_a_revoked_user_is_gone_with_its_sessions(database: Database) -> None:
    database.issue("v-revoked", READ_ONLY)
    with database.connect("v-revoked") as session:
        session.execute("SELECT 1")
        database.revoke("v-revoked")
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    assert database.users("v-revoked") == []
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        database.run_as("v-revoked", "SELECT 1")


@pytest.mark.parametrize("attempt", range(5))
def test_a_user_with_an_open_temporary_table_can_be_revoked(
    database: Database, attempt: int
) -> None:
    """Its session owns the table until it has really ended, not only been told to."""
    user = f"v-temporary-{attempt}"
    database.issue(user, READ_WRITE)
    with database.connect(user) as session:
        session.execute("CREATE TEMPORARY TABLE work AS SELECT generate_series(1, 1000) AS id")
        database.revoke(user)
    assert database.users(user) == []


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT lo_from_bytea(4711, 'kept')",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    ],
)
def test_a_user_cannot_make_itself_impossible_to_revoke(database: Database, statement: str) -> None:
    """PostgreSQL drops no role that owns something."""
    database.issue("v-clinging", READ_WRITE)
    database.run_as("v-clinging", statement)
    database.revoke("v-clinging")
    assert database.users("v-clinging") == []


def test_a_large_object_of_a_revoked_user_is_kept_for_the_owner(database: Database) -> None:
    database.issue("v-uploader", READ_WRITE)
    database.run_as("v-uploader", "SELECT lo_from_bytea(4712, 'kept')")
    database.revoke("v-uploader")
    assert database.run_as(OWNER, "SELECT lo_get(4712)") == [(b"kept",)]


def test_revoking_a_user_that_is_already_gone_succeeds(database: Database) -> None:
    database.issue("v-twice", READ_ONLY)
    database.revoke("v-twice")
    database.revoke("v-twice")
    database.revoke("v-never-issued")


def test_users_first_issued_at_the_same_moment_do_not_meet(server: PostgresServer) -> None:
    """Granting tables to each user fails here with "tuple concurrently updated"."""
    database = fresh_database(server, "contended")
    for table in range(20):
        database.run_as(OWNER, f"CREATE TABLE t{table} (id int)")
    names = [f"v-together-{number}" for number in range(AT_ONCE * 4)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(database.issue, names, [READ_ONLY, READ_WRITE] * (len(names) // 2)))
    assert len(database.users("v-together-%")) == len(names)
    assert database.run_as(names[0], "SELECT * FROM t19") == []
    database.run_as(names[1], "INSERT INTO t19 VALUES (1)")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(database.revoke, names))
    assert database.users("v-together-%") == []


@pytest.mark.parametrize("access", DatabaseAccess)
def test_a_database_made_anew_has_its_groups_rights_again(
    server: PostgresServer, access: DatabaseAccess
) -> None:
    """The groups outlive the database: they are the server's, and their rights are not."""
    name, write = f"anew-{access.value}", "INSERT INTO film (title) VALUES ('M')"
    database = fresh_database(server, name)
    database.issue(f"v-before-{access.value}", access)
    database.revoke(f"v-before-{access.value}")
    server.execute(f'DROP DATABASE "{name}"')
    database = fresh_database(server, name)
    assert database.users(f"{name}_%") == [f"{name}_{access.value}"]
    user = f"v-after-{access.value}"
    database.issue(user, access)
    assert database.run_as(user, "SELECT title FROM film") == [("Metropolis",)]
    database.run_as(OWNER, "CREATE TABLE later (id int)")
    assert database.run_as(user, "SELECT * FROM later") == []
    if access is READ_WRITE:
        database.run_as(user, write)
    else:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.run_as(user, write)
    database.revoke(user)


def test_rights_once_made_are_not_made_again(database: Database) -> None:
    """Making them takes locks that users issued at once would wait for."""
    database.issue("v-first", READ_ONLY)
    before = rights(database)
    assert before
    database.run_as(OWNER, 'REVOKE SELECT ON film FROM "media-catalog_readonly"')
    database.issue("v-second", READ_ONLY)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        database.run_as("v-second", "SELECT * FROM film")
    database.run_as(OWNER, 'GRANT SELECT ON film TO "media-catalog_readonly"')
    assert rights(database) == before
    for user in ("v-first", "v-second"):
        database.revoke(user)


def rights(database: Database) -> list[tuple[object, ...]]:
    """What tables to come will grant to the read-only group, by what the owner has declared."""
    return database.run_as(
        OWNER,
        "SELECT defaclobjtype, privilege_type FROM pg_default_acl, aclexplode(defaclacl) "
        "WHERE grantee = '\"media-catalog_readonly\"'::regrole ORDER BY 1, 2",
    )


def test_a_user_of_one_database_sees_nothing_of_another(server: PostgresServer) -> None:
    one = fresh_database(server, "one")
    other = fresh_database(server, "other")
    one.issue("v-of-one", READ_ONLY)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        other.run_as("v-of-one", "SELECT * FROM film")
    one.revoke("v-of-one")
