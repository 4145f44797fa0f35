"""The cluster that a snapshot is put into: what it is, what it holds, and what it becomes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import requests

from upkeep.errors import UpkeepError

_TIMEOUT: Final = (5, 600)
_LOOK_EVERY_SECONDS: Final = 0.5
# What every Vault has from its initialisation on (1.20 and 1.21).
_OWN_MOUNTS: Final = {"cubbyhole/", "identity/", "sys/"}
_OWN_METHODS: Final = {"token/"}
_OWN_POLICIES: Final = {"default", "root"}


@dataclass(frozen=True, slots=True)
class State:
    """What a server says of itself to anybody."""

    initialised: bool
    sealed: bool
    leads: bool
    cluster_id: str
    version: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """The server that leads, as whoever has the token."""

    address: str
    session: requests.Session = field(repr=False)

    def state(self) -> State:
        """Raises `UpkeepError` where nobody answers."""
        answer = self._ask("GET", "sys/health", any_status=True)
        body = self._body(answer)
        return State(
            bool(body.get("initialized")),
            bool(body.get("sealed", True)),
            answer.status_code == requests.codes.ok,
            str(body.get("cluster_id") or ""),
            str(body.get("version") or ""),
        )

    def holds(self) -> list[str]:
        """What is in it that no fresh Vault has, by name. Raises `UpkeepError`."""
        mounts = self._read("sys/mounts").keys() - _OWN_MOUNTS
        methods = self._read("sys/auth").keys() - _OWN_METHODS
        policies = set(self._read("sys/policies/acl", list_=True).get("keys", ())) - _OWN_POLICIES
        return [
            *(f"the engine {one}" for one in sorted(mounts)),
            *(f"the auth method {one}" for one in sorted(methods)),
            *(f"the ACL policy {one}" for one in sorted(policies)),
        ]

    def gather(self, servers: int, seconds: float) -> None:
        """Wait until so many servers vote and are well. One that is about to join while all is
        replaced may be left with half of what it needs, and never joins again (Vault 1.21).
        Raises `UpkeepError`.
        """
        deadline = time.monotonic() + seconds
        while len(voters := self._voters()) < servers:
            if time.monotonic() > deadline:
                raise UpkeepError(
                    f"{len(voters)} of {servers} servers vote after {seconds:.0f} s "
                    f"({', '.join(voters) or 'none'}); nothing was changed. See why the others did "
                    "not join (their logs), or restore into fewer and start the others afterwards: "
                    f"--servers {max(len(voters), 1)}"
                )
            time.sleep(_LOOK_EVERY_SECONDS)

    def _voters(self) -> list[str]:
        servers = self._read("sys/storage/raft/autopilot/state").get("servers") or {}
        return sorted(
            name
            for name, server in servers.items()
            if server["healthy"] and server["status"] in ("leader", "voter")
        )

    def copy(self, into: Path) -> None:
        """A snapshot of it as it is. Raises `UpkeepError`."""
        answer = self._ask("GET", "sys/storage/raft/snapshot", stream=True)
        try:
            with into.open("wb") as file:
                for chunk in answer.iter_content(1 << 20):
                    file.write(chunk)
        except (requests.RequestException, OSError) as error:
            raise UpkeepError(f"a snapshot of {self.address} did not come ({error})") from None

    def restore(self, snapshot: Path, *, force: bool) -> None:
        """Put it in place of all that there is. Returns when Vault has begun. Raises
        `UpkeepError` where it refused, and nothing was changed.
        """
        path = "sys/storage/raft/snapshot-force" if force else "sys/storage/raft/snapshot"
        with snapshot.open("rb") as file:
            self._ask("POST", path, data=file)

    def wait(self, seconds: float, sealed_seconds: float) -> State:
        """Until it leads again, with what was restored; what it is by then. One that stays sealed
        for a while stays so: it seals itself where it cannot open what it was given.
        """
        now = time.monotonic()
        deadline, given_up = now + seconds, now + seconds
        while True:
            time.sleep(_LOOK_EVERY_SECONDS)
            try:
                state = self.state()
            except UpkeepError:
                if time.monotonic() > deadline:
                    raise
                continue
            now = time.monotonic()
            given_up = min(given_up, now + sealed_seconds) if state.sealed else deadline
            if state.leads or now > given_up:
                return state

    def knows_token(self) -> bool:
        """Whether its token is one of this Vault still: after a restore it is not."""
        answer = self._ask("GET", "auth/token/lookup-self", any_status=True)
        return bool(answer.ok)

    def _read(self, path: str, *, list_: bool = False) -> Mapping[str, Any]:
        answer = self._ask("LIST" if list_ else "GET", path)
        data: Mapping[str, Any] = self._body(answer).get("data") or {}
        return data

    def _body(self, answer: requests.Response) -> Mapping[str, Any]:
        try:
            body = answer.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise UpkeepError(f"what answers at {self.address} is not Vault")
        return body

    def _ask(
        self,
        method: str,
        path: str,
        *,
        data: Any = None,
        stream: bool = False,
        any_status: bool = False,
    ) -> requests.Response:
        url = f"{self.address}/v1/{path}"
        try:
            answer = self.session.request(
                method, url, data=data, timeout=_TIMEOUT, stream=stream, allow_redirects=False
            )
        except requests.RequestException as error:
            raise UpkeepError(
                f"Vault at {self.address} does not answer ({type(error).__name__}); give the "
                "address of the server that leads"
            ) from None
        if answer.is_redirect:
            raise UpkeepError(
                f"{self.address} does not lead, and names {answer.headers.get('Location')}; give "
                "that server's address"
            )
        if not (answer.ok or any_status):
            errors = "; ".join(map(str, self._body(answer).get("errors") or ()))
            raise UpkeepError(f"{method} {path}: Vault said {answer.status_code} {errors}")
        return answer


@contextmanager
def reached(address: str, ca_cert: str | None, token: str) -> Iterator[Cluster]:
    """The server that leads, if the one at this address knows it and it can be reached. Raises
    `UpkeepError`.
    """
    with requests.Session() as session:
        session.trust_env = False
        session.verify = ca_cert or True
        session.headers.update({"X-Vault-Token": token, "X-Vault-Request": "true"})
        yield Cluster(address.rstrip("/"), session)
