"""What the checks say where something is wrong; that they pass is seen in tests/live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import cast

import psycopg
import pytest

from components.delivery.files import DatabaseCredentials, Exports, SecretFile, Value
from policies.paths import SecretPath
from rehearsal.delivery import checks
from rehearsal.delivery.checks import Database, Denied, Entry, Login
from rehearsal.delivery.container import Agent
from rehearsal.errors import RehearsalError
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.scene import Scene
from rehearsal.supervisor import Supervisor
from tests.rehearsal import subjects
from tests.rehearsal.fakes import Call, FakeVault, answer

KEY = SecretFile("key", SecretPath("shop/api"), Value("key"))
EXPORTS = SecretFile("env", SecretPath("shop/api"), Exports(("key",)))
USER = SecretFile(
    "database", DatabaseCredentials("shop-readonly"), Exports(("username", "password"))
)


@pytest.fixture(autouse=True)
def _no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PATIENCE", timedelta(seconds=0.2))


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    with Supervisor() as supervisor:
        yield supervisor


def started(supervisor: Supervisor, script: str) -> Agent:
    process = supervisor.start("agent", [Path("/bin/sh"), "-c", script], env={})
    return Agent(process, supervisor.folder, 0.0)


def bench(answering: Callable[[Call], object] | None = None) -> Bench:
    values = {"data": {"key": "of-vault"}, "current_version": 1}

    def vault(call: Call) -> object:
        return answering(call) if answering else answer(data=values)

    session = FakeVault(vault)  # type: ignore[arg-type]
    sessions = {one.label: session for one in subjects.SUBJECTS}
    return Bench(cast(Scene, None), subjects.PLAN, subjects.SUBJECTS, sessions, session)


def entry(tmp_path: Path, text: str, file: SecretFile = KEY) -> Entry:
    place = tmp_path / file.name
    place.write_text(text)
    return Entry(bench(), file, SecretPath("shop/api"), place)


def test_a_file_as_in_vault(tmp_path: Path) -> None:
    assert entry(tmp_path, "of-vault").is_as_in_vault() >= 0
    assert entry(tmp_path, "export KEY='of-vault'\n", EXPORTS).is_as_in_vault() >= 0


def test_a_file_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match=r"key to be as in Vault, in vain") as error:
        entry(tmp_path, "another").is_as_in_vault()
    assert "another" not in str(error.value)


def test_a_shell_must_get_the_same(tmp_path: Path) -> None:
    """Double quotes: the text is as it should be, and is obeyed."""
    made = entry(tmp_path, "export KEY='of-vault'\n", EXPORTS)
    made.place.write_text('export KEY="$((1+1))"\n')
    with pytest.raises(RehearsalError):
        made.is_as_in_vault()


def test_a_file_that_does_not_follow(tmp_path: Path, supervisor: Supervisor) -> None:
    agent = started(supervisor, "exec sleep 60")
    with pytest.raises(RehearsalError, match="key to change, in vain"):
        entry(tmp_path, "of-vault").follow(agent)


def test_an_agent_that_died_is_not_waited_for(tmp_path: Path, supervisor: Supervisor) -> None:
    agent = started(supervisor, "echo over; exit 3")
    agent.wait_for_end()
    with pytest.raises(RehearsalError, match="exit code 3"):
        entry(tmp_path, "of-vault").follow(agent)


def test_a_change_that_vault_refuses_is_said(tmp_path: Path, supervisor: Supervisor) -> None:
    def answering(call: Call) -> object:
        if call.method == "POST":
            return answer(400, errors=["check-and-set"])
        return answer(data={"data": {"key": "x"}, "current_version": 1})

    made = replace(entry(tmp_path, "x"), bench=bench(answering))
    with pytest.raises(
        RehearsalError, match="writing secret/data/shop/api: Vault said 400: check-and"
    ):
        made.follow(started(supervisor, "exec sleep 60"))


def test_an_entry_that_nobody_may_read() -> None:
    with pytest.raises(RehearsalError, match="none/x: the matrix lets nobody"):
        checks.values_of(bench(), SecretPath("none/x"))


def test_an_agent_that_keeps_its_token(supervisor: Supervisor) -> None:
    agent = started(supervisor, "exec sleep 60")
    (agent.home / ".vault-token").write_text("old")
    assert checks.logged_in(agent) >= 0
    with pytest.raises(RehearsalError, match="still has its token that was revoked"):
        checks.log_in_again(agent, "old")
    assert checks.log_in_again(agent, "older") >= 0


def test_an_agent_without_a_token(supervisor: Supervisor) -> None:
    with pytest.raises(RehearsalError, match="has no token yet"):
        checks.logged_in(started(supervisor, "exec sleep 60"))


def test_a_database_user_that_stays_the_same(tmp_path: Path, supervisor: Supervisor) -> None:
    place = tmp_path / "database"
    place.write_text("export USERNAME='u'\nexport PASSWORD='p'\n")
    login = Login.of(USER, place)
    assert (login.user, repr(login)) == ("u", "Login(user='u')")
    agent = started(supervisor, "exec sleep 60")
    with pytest.raises(RehearsalError, match="holds the user that it held"):
        checks.issued_again(USER, place, login, agent)
    assert checks.issued_again(USER, place, Login("other", "p"), agent) >= 0


class Postgres:
    """Breaks with these errors, one at each login, and the last for ever."""

    def __init__(self, *errors: psycopg.Error) -> None:
        self.postgres, self._errors = self, list(errors)

    def execute(self, *_: object, **__: object) -> None:
        if self._errors:
            raise self._errors.pop(0) if len(self._errors) > 1 else self._errors[0]


@pytest.mark.parametrize(
    ("error", "seen"),
    [
        (psycopg.OperationalError("password authentication failed for user"), Denied),
        (psycopg.OperationalError("connection refused"), Mismatch),
        (psycopg.errors.InsufficientPrivilege("no"), Mismatch),
    ],
)
def test_a_refused_login_is_no_broken_one(error: psycopg.Error, seen: type[Exception]) -> None:
    made = bench()
    made.scene = cast(Scene, Postgres(error))
    with pytest.raises(seen):
        Database(made, "shop-readonly").use(Login("u", "p"))


def test_a_revoked_login_that_works_is_waited_for() -> None:
    made = bench()
    made.scene = cast(Scene, Postgres())
    database = Database(made, "shop-readonly")
    with pytest.raises(RehearsalError, match="PostgreSQL lets it in"):
        checks.refused_soon(database, Login("u", "p"))
    made.scene = cast(Scene, Postgres(psycopg.OperationalError("authentication failed")))
    with pytest.raises(Denied):
        checks.refused_soon(database, Login("u", "p"))


def test_a_login_in_the_moment_of_its_users_end_is_tried_again() -> None:
    made = bench()
    dropped = psycopg.OperationalError('FATAL:  role "u" does not exist')
    refused = psycopg.OperationalError("password authentication failed")
    made.scene = cast(Scene, Postgres(dropped, refused))
    with pytest.raises(Denied):
        checks.refused_soon(Database(made, "shop-readonly"), Login("u", "p"))
    made.scene = cast(Scene, Postgres(dropped))
    with pytest.raises(RehearsalError, match="a login breaks with OperationalError"):
        checks.refused_soon(Database(made, "shop-readonly"), Login("u", "p"))


def test_an_agent_that_is_refused(tmp_path: Path, supervisor: Supervisor) -> None:
    agent = started(supervisor, "echo 'GET secret/data/x Code: 403'; exec sleep 60")
    with pytest.raises(Denied):
        checks.refused(agent, tmp_path / "file", "secret/data/x")
    with pytest.raises(RehearsalError, match="has not refused it"):
        checks.refused(agent, tmp_path / "file", "secret/data/y")
    (tmp_path / "file").write_text("given")
    checks.refused(agent, tmp_path / "file", "secret/data/x")


@pytest.mark.parametrize(
    ("script", "seen"),
    [
        ("echo 'map has no entry for key'; exit 1", Denied),
        ("echo 'map has no entry for key'; exit 0", Mismatch),
        ("echo 'something else'; exit 1", Mismatch),
    ],
)
def test_an_agent_that_gives_up_says_why(
    tmp_path: Path, supervisor: Supervisor, script: str, seen: type[Exception]
) -> None:
    agent = started(supervisor, script)
    with pytest.raises(seen):
        checks.given_up(agent, tmp_path / "file")


def test_a_mounted_file() -> None:
    checks.is_as_mounted(bench(), KEY, {"key": b"of-vault"})
    with pytest.raises(Mismatch):
        checks.is_as_mounted(bench(), KEY, {"key": b"another"})
    with pytest.raises(RehearsalError, match="only KV entries are mounted"):
        checks.is_as_mounted(bench(), USER, {})
