"""What is seen of a delivered file from outside: how soon it is there, whether it is as in Vault,
whether it follows a change, and whether what is in it can be used. Each check gives milliseconds.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg

from components.delivery.files import Exports, SecretFile
from policies.paths import SecretPath
from rehearsal.delivery import csi
from rehearsal.delivery.configuration import Mode
from rehearsal.delivery.container import Agent, Pod
from rehearsal.delivery.expected import exported, text_of
from rehearsal.errors import NotYet, RehearsalError
from rehearsal.proof import expectations
from rehearsal.proof.attempts import Bench, Mismatch
from rehearsal.supervisor import wait_until
from rehearsal.vault_api import VaultApi

T = TypeVar("T")
Milliseconds = float

PATIENCE: Final = timedelta(seconds=20)
_REFUSED: Final = "Code: 403"
_NO_ENTRY: Final = "map has no entry for key"


class Denied(Exception):  # noqa: N818 - as it should be, where it is expected
    """The agent wrote nothing, and said why."""


def place_of(pod: Pod, file: SecretFile) -> Path:
    (found,) = (one.destination for one in pod.injection.files if one.name == file.name)
    return pod.place(found)


def write(pod: Pod) -> Milliseconds:
    """The init container's life. Until the last file is written, not until the container ends."""
    agent = pod.start(Mode.INIT)
    if code := agent.wait_for_end(PATIENCE):
        raise Mismatch(f"the agent ends with {code}:\n{agent.process.tail()}")
    written = [pod.place(file.destination).stat().st_mtime for file in pod.injection.files]
    return (max(written) - agent.started) * 1000


def logged_in(agent: Agent) -> Milliseconds:
    """Until it has a Vault token."""
    started = time.perf_counter()
    _awaited(lambda: _or_not_yet(agent.token(), "it has no token yet"), "its login", agent)
    return _since(started)


def log_in_again(agent: Agent, token: str) -> Milliseconds:
    """From its token's end to the next one."""

    def look() -> str:
        now = agent.token()
        return _or_not_yet(now if now != token else "", "it still has its token that was revoked")

    started = time.perf_counter()
    _awaited(look, "the agent to log in again", agent)
    return _since(started)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file of a KV entry's values."""

    bench: Bench
    file: SecretFile
    path: SecretPath
    place: Path

    def is_as_in_vault(self) -> Milliseconds:
        """Or soon will be: the agent may just be about to look."""
        started = time.perf_counter()
        values = self._values()

        def look() -> None:
            if self.place.read_text() != text_of(self.file.content, values):
                raise NotYet("it holds something else")

        wait_until(look, awaited=f"{self.file.name} to be as in Vault", patience=PATIENCE)
        taken = _since(started)
        if isinstance(self.file.content, Exports):
            found = exported(self.file.content, self.place)
            if found != {key: values[key] for key in self.file.content.keys}:
                raise Mismatch("a shell that sources it gets something else than Vault has")
        return taken

    def follow(self, agent: Agent) -> Milliseconds:
        """Change a key, wait for the file, and change it back."""
        key = self.file.content.keys[0]
        before = self._values()
        changed = {**before, key: secrets.token_urlsafe(24)}
        wanted = text_of(self.file.content, changed)
        self._write(changed)
        started = time.perf_counter()

        def look() -> None:
            if self.place.read_text() != wanted:
                raise NotYet("it is as it was")

        _awaited(look, f"{self.file.name} to change", agent)
        taken = _since(started)
        self._write(before)
        return taken

    def _values(self) -> dict[str, str]:
        return values_of(self.bench, self.path)

    def _write(self, values: Mapping[str, str]) -> None:
        """As the program does that is given new values, with check-and-set, which entries made at
        random demand.
        """
        metadata = self.bench.provisioner.call("GET", self.path.metadata)
        options = {"cas": metadata.data["current_version"]}
        self.bench.provisioner.write(self.path.data, {"options": options, "data": dict(values)})


def values_of(bench: Bench, path: SecretPath) -> dict[str, str]:
    """As somebody reads them who may."""
    for subject in bench.subjects:
        if expectations.kv(subject, path.text, expectations.READS):
            answer = bench.session(subject).call("GET", path.data)
            if not answer.allowed:
                raise RehearsalError(f"reading {path.text}: {answer.status} {answer.errors}")
            return dict(answer.data["data"])
    raise RehearsalError(
        f"{path.text}: the matrix lets nobody read it, so its file cannot be tried; grant it to "
        "the workload"
    )


@dataclass(frozen=True, slots=True)
class Login:
    """A file of database credentials, as they were at one moment."""

    user: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, file: SecretFile, place: Path) -> Login:
        if not isinstance(file.content, Exports):
            raise RehearsalError(
                f"file {file.name!r}: only exports are known here; teach rehearsal/delivery"
            )
        found = exported(file.content, place)
        return cls(found["username"], found["password"])


@dataclass(frozen=True, slots=True)
class Database:
    """Where credentials are tried."""

    bench: Bench
    role: str

    def use(self, login: Login) -> Milliseconds:
        """Raises `Denied` where PostgreSQL refuses the login."""
        connections = {role.name: role.connection for role in self.bench.plan.database_roles}
        (database,) = (
            one.database
            for one in self.bench.plan.database_connections
            if one.name == connections[self.role]
        )
        started = time.perf_counter()
        try:
            self.bench.scene.postgres.execute(
                "SELECT count(*) FROM notes",
                database=database,
                user=login.user,
                password=login.password,
            )
        except psycopg.OperationalError as error:
            if "authentication failed" in str(error):
                raise Denied from None
            raise Mismatch(type(error).__name__) from None
        except psycopg.Error as error:
            raise Mismatch(type(error).__name__) from None
        return _since(started)


def refused_soon(database: Database, login: Login) -> None:
    """Raises `Denied` once PostgreSQL refuses the login: Vault answers before it has ended what a
    revoked token was given.
    """

    def look() -> None:
        try:
            database.use(login)
        except Mismatch as error:
            # In the moment in which its user is dropped a login breaks in several ways.
            raise NotYet(f"a login breaks with {error}, which is no refusal") from None
        raise NotYet("PostgreSQL lets it in")

    wait_until(look, awaited="revoked credentials to be refused", patience=PATIENCE)


def issued_again(file: SecretFile, place: Path, before: Login, agent: Agent) -> Milliseconds:
    """From now to a file with another database user."""
    started = time.perf_counter()

    def look() -> None:
        if Login.of(file, place).user == before.user:
            raise NotYet("it holds the user that it held")

    _awaited(look, f"{file.name} to hold another user", agent)
    return _since(started)


def refused(agent: Agent, place: Path, path: str) -> None:
    """Raises `Denied` once Vault has refused the agent this path, which it then asks again."""

    def look() -> None:
        if not place.exists() and not (_REFUSED in agent.log and path in agent.log):
            raise NotYet("Vault has not refused it")

    wait_until(look, awaited="the agent to be refused", patience=PATIENCE)
    _require_nothing(place)


def given_up(agent: Agent, place: Path) -> None:
    """Raises `Denied` once the agent has ended because a key is not there, and named it."""
    code = agent.wait_for_end(PATIENCE)
    if not code or _NO_ENTRY not in agent.log:
        raise Mismatch(f"the agent ends with {code} and names no key:\n{agent.process.tail()}")
    _require_nothing(place)


def mounted(bench: Bench, provider: Mapping[str, Any]) -> dict[str, bytes]:
    """File -> content, as the CSI provider would read them for a pod of the workload.

    Raises `RehearsalError` where the pod would not start.
    """
    meant = csi.provider_class(provider)
    namespace = provider["metadata"]["namespace"]
    (role,) = (one for one in bench.plan.kubernetes_roles if one.name == meant.role)
    scene = bench.scene
    token = scene.kubernetes.request_token(
        namespace, role.service_account, meant.audience or scene.kubernetes.issuer
    )
    anonymous = VaultApi(scene.vault_address, str(scene.ca_file), journal=scene.journal)
    answer = anonymous.call("POST", f"auth/{meant.mount}/login", {"role": meant.role, "jwt": token})
    if not answer.allowed:
        raise RehearsalError(f"logging in as {meant.role}: {answer.status} {answer.errors}")
    session = anonymous.with_token(answer.body["auth"]["client_token"])
    return csi.mounted(meant.objects, session.call)


def is_as_mounted(bench: Bench, file: SecretFile, files: Mapping[str, bytes]) -> None:
    if not isinstance(file.source, SecretPath):
        raise RehearsalError(f"file {file.name!r}: only KV entries are mounted")
    wanted = text_of(file.content, values_of(bench, file.source))
    if files[file.name].decode() != wanted:
        raise Mismatch("holds something else than Vault")


def _require_nothing(place: Path) -> None:
    if not place.exists():
        raise Denied


def _awaited(look: Callable[[], T], what: str, agent: Agent) -> T:
    return wait_until(look, awaited=what, patience=PATIENCE, processes=[agent.process])


def _or_not_yet(text: str, reason: str) -> str:
    if not text:
        raise NotYet(reason)
    return text


def _since(started: float) -> Milliseconds:
    return (time.perf_counter() - started) * 1000
