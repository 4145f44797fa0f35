"""Database credentials: issued, used in SQL, renewed, and gone after revocation."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field

import psycopg
from psycopg.errors import InsufficientPrivilege

from policies.hcl import Capability
from policies.paths import database_credentials, static_credentials
from policies.plan import DatabaseRole, DatabaseStaticRole
from policies.postgresql import DatabaseAccess
from policies.subject import Subject
from rehearsal.errors import RehearsalError
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench
from rehearsal.proof.results import Figure, Outcome, Seen
from rehearsal.scene import make_table
from rehearsal.vault_api import Answer

_REVOKE = "sys/leases/revoke"


@dataclass(frozen=True, slots=True)
class _User:
    database: str
    name: str
    password: str = field(repr=False)


def prove(bench: Bench) -> None:
    for subject in bench.subjects:
        for role in bench.plan.database_roles:
            _issue(bench, subject, role)
        for static in bench.plan.database_static_roles:
            _read_static(bench, subject, static)


def _read_static(bench: Bench, subject: Subject, role: DatabaseStaticRole) -> None:
    """The password of a user that stays is one that Vault set, and works."""
    answer = bench.try_call(
        subject,
        "password of a user that stays",
        role.name,
        allowed=expectations.static_user(subject, role.name),
        call=lambda: bench.session(subject).call("GET", static_credentials(role.name)),
    )
    if not answer.allowed:
        return
    connection = next(c for c in bench.plan.database_connections if c.name == role.connection)
    user = _User(connection.database, answer.data["username"], answer.data["password"])
    for what, statement, allowed in (
        ("SELECT", "SELECT count(*) FROM notes", True),
        ("INSERT", "INSERT INTO notes (note) VALUES ('rehearsed')", False),
    ):
        seen = _sql(bench, user, statement)
        bench.note(subject, f"SQL {what}", role.name, allowed=allowed, seen=seen)


def _issue(bench: Bench, subject: Subject, role: DatabaseRole) -> None:
    answer = bench.try_call(
        subject,
        "database credentials",
        role.name,
        allowed=expectations.database(subject, role.name),
        call=lambda: bench.session(subject).call("GET", database_credentials(role.name)),
        figure=Figure.DATABASE_CREDENTIALS,
    )
    if answer.allowed:
        _use(bench, subject, role, answer)


def _use(bench: Bench, subject: Subject, role: DatabaseRole, answer: Answer) -> None:
    connection = next(c for c in bench.plan.database_connections if c.name == role.connection)
    user = _User(connection.database, answer.data["username"], answer.data["password"])
    writes = role.name.endswith(DatabaseAccess.READ_WRITE.value)
    later = f"later_{secrets.token_hex(4)}"
    make_table(bench.scene.postgres, connection.database, later)
    for what, statement, allowed in (
        ("SELECT", "SELECT count(*) FROM notes", True),
        ("INSERT", "INSERT INTO notes (note) VALUES ('rehearsed')", writes),
        ("UPDATE", "UPDATE notes SET note = 'rehearsed again'", writes),
        ("DELETE", "DELETE FROM notes", writes),
        ("SELECT from a table made later", f"SELECT count(*) FROM {later}", True),
        ("INSERT into a table made later", f"INSERT INTO {later} (note) VALUES ('x')", writes),
        ("CREATE TABLE", "CREATE TABLE mine (id int)", False),
        ("CREATE ROLE", "CREATE ROLE mine", False),
    ):
        seen = _sql(bench, user, statement)
        bench.note(subject, f"SQL {what}", role.name, allowed=allowed, seen=seen)
    lease = answer.body["lease_id"]
    bench.try_call(
        subject,
        "renew the lease",
        role.name,
        allowed=expectations.renew_self(subject),
        call=lambda: bench.session(subject).call("POST", "sys/leases/renew", {"lease_id": lease}),
    )
    revoke_lease(bench, lease)
    seen = _sql(bench, user, "SELECT 1")
    bench.note(subject, "SQL after revocation", role.name, allowed=False, seen=seen)
    _expect_no_trace(bench, subject, role, user)


def _sql(bench: Bench, user: _User, statement: str) -> Seen:
    """Run SQL as the issued user: a missing right or a refused login is a denial."""
    started = time.perf_counter()
    try:
        bench.scene.postgres.execute(
            statement, database=user.database, user=user.name, password=user.password
        )
    except InsufficientPrivilege:
        outcome, detail = Outcome.DENIED, ""
    except psycopg.OperationalError as error:
        refused = "authentication failed" in str(error)
        outcome, detail = (Outcome.DENIED, "") if refused else (Outcome.BROKEN, str(error))
    except psycopg.Error as error:
        outcome, detail = Outcome.BROKEN, str(error)
    else:
        outcome, detail = Outcome.ALLOWED, ""
    return Seen(outcome, (time.perf_counter() - started) * 1000, detail)


def revoke_lease(bench: Bench, lease: str) -> None:
    """As in an incident: by somebody whom the matrix lets revoke leases."""
    for subject in bench.subjects:
        if expectations.control(subject, _REVOKE, Capability.UPDATE):
            bench.session(subject).write(_REVOKE, {"lease_id": lease, "sync": True})
            return
    raise RehearsalError(f"the matrix lets nobody revoke a lease; grant {_REVOKE} to people")


def _expect_no_trace(bench: Bench, subject: Subject, role: DatabaseRole, user: _User) -> None:
    rows = bench.scene.postgres.execute(f"SELECT FROM pg_roles WHERE rolname = '{user.name}'")
    outcome = Outcome.ALLOWED if not rows else Outcome.BROKEN
    detail = "" if not rows else f"role {user.name} is still there"
    bench.note(
        subject,
        "user is gone from PostgreSQL",
        role.name,
        allowed=True,
        seen=Seen(outcome, None, detail),
    )
