"""Requests that are tried again until a deadline, and hvac's adapter over them.

Tried again: no connection, and the answers of a Vault that cannot answer now - sealed, without a
leader, just stepping down, over its rate limit, failing. The pause before each try is random up to
a bound that doubles, so that many clients do not come back at once. A request that Vault may have
carried out is sent again only if that does no harm.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hvac.adapters import Adapter

from vaultstack_client.clock import Clock, Deadline
from vaultstack_client.connections import Answer, Connections, Unreached
from vaultstack_client.errors import ClientClosed, Unavailable
from vaultstack_client.timing import Timing

_BUSY: Final = HTTPStatus.TOO_MANY_REQUESTS
_UNTOUCHED: Final = frozenset({_BUSY, HTTPStatus.NOT_IMPLEMENTED, HTTPStatus.SERVICE_UNAVAILABLE})
"""What Vault answers before it looks at the request: rate limit, not initialised, sealed."""
_LEAST: Final = 0.05
"""Seconds below which another try is not worth it: its failure would say nothing."""
_NO_LEADER: Final = "active cluster node not found"
_HARMLESS_TWICE: Final = frozenset({"GET", "HEAD", "LIST"})


class Transport:
    """Sends requests for one client. Safe to use from several threads."""

    def __init__(self, address: str, ca_file: Path | None, timing: Timing, clock: Clock) -> None:
        self.clock = clock
        self._timing = timing
        self._address = address
        self._connections = Connections(address, ca_file, clock)
        self._closing = threading.Event()
        self._parting = 0
        """The thread that may still send, while all others are told that it is over."""

    @property
    def requests(self) -> int:
        return self._connections.requests

    def send(
        self,
        method: str,
        path: str,
        *,
        deadline: Deadline,
        headers: Mapping[str, str],
        json: object = None,
        params: Mapping[str, Any] | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """The first answer that says something of the request itself, whatever its status.

        `repeatable`: whether carrying it out twice does no harm; None: by the method. Raises
        `Unavailable`, `CannotVerify` or `ClientClosed`.
        """
        method = method.upper()
        again = method in _HARMLESS_TWICE if repeatable is None else repeatable
        tries, pause, problem, everywhere = 0, 0.0, "nothing was tried", True
        while True:
            left = deadline.left - pause
            if (tries and left < _LEAST) or self._stopped(pause):
                break
            tries += 1
            timeout = (
                min(self._timing.connect_timeout.total_seconds(), max(left, _LEAST)),
                min(self._timing.read_timeout.total_seconds(), max(left, _LEAST)),
            )
            wanted = 0.0
            try:
                answer = self._connections.ask(
                    method, path, headers=headers, json=json, params=params, timeout=timeout
                )
            except Unreached as unreached:
                problem, untouched, everywhere = str(unreached), not unreached.sent, True
            else:
                if answer.status < HTTPStatus.INTERNAL_SERVER_ERROR and answer.status != _BUSY:
                    return answer
                problem = f"{answer.status} {answer.errors}".strip()
                untouched = answer.status in _UNTOUCHED or _NO_LEADER in problem
                everywhere = untouched or answer.status != HTTPStatus.INTERNAL_SERVER_ERROR
                wanted = answer.retry_after
            if not (again or untouched):
                problem += "; it may have been carried out, so it was not sent again"
                break
            pause = max(wanted, self._backoff(tries))
        if self._stopped(0):
            raise ClientClosed("the client was closed while it asked Vault; make a new one")
        raise Unavailable(
            f"{method} {path}: Vault at {self._address} must answer within {deadline.seconds:g} s, "
            f"but after {tries} {'try' if tries == 1 else 'tries'} it still did not ({problem}); "
            "see whether it is unsealed, has a leader and can be reached",
            everywhere=everywhere,
        )

    def stop(self) -> None:
        """End all waiting: whoever still tries gets `ClientClosed`, but for the caller, who may
        say good-bye.
        """
        self._parting = threading.get_ident()
        self._closing.set()

    def close(self) -> None:
        self._parting = 0
        self._closing.set()
        self._connections.close()

    def _stopped(self, pause: float) -> bool:
        """After a pause, which being closed cuts short."""
        if self._parting == threading.get_ident():
            time.sleep(pause)
            return False
        return self._closing.wait(pause)

    def _backoff(self, tries: int) -> float:
        timing = self._timing
        bound = timing.first_backoff.total_seconds() * 2 ** min(tries - 1, 30)
        return random.uniform(0, min(bound, timing.greatest_backoff.total_seconds()))  # noqa: S311


# hvac's own class says no type; its stubs do.
if TYPE_CHECKING:
    _Adapter = Adapter[Answer]
else:
    _Adapter = Adapter


class VaultAdapter(_Adapter):
    """What hvac's API classes send their requests through: one token, one deadline.

    Unlike hvac's own adapters it raises nothing for an answer's status: what a refusal means
    depends on what was asked.
    """

    def __init__(
        self,
        transport: Transport,
        deadline: Deadline,
        token: str | None = None,
        *,
        repeatable: bool | None = None,
    ) -> None:
        # Not hvac's own constructor, which would open a session of its own.
        self.token = token
        self.deadline = deadline
        self._transport = transport
        self._repeatable = repeatable

    def twice(self, harmless: bool | None) -> VaultAdapter:
        """The same, for requests that may (not) be sent again after they may have arrived; None: as
        their method says."""
        return VaultAdapter(self._transport, self.deadline, self.token, repeatable=harmless)

    def with_token(self, token: str) -> VaultAdapter:
        return VaultAdapter(self._transport, self.deadline, token, repeatable=self._repeatable)

    def request(  # type: ignore[override] # hvac's parameters that mean nothing here are left out
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        wrap_ttl: str | None = None,
        **_: Any,
    ) -> Answer:
        return self._transport.send(
            method,
            url.strip("/").removeprefix("v1/"),
            deadline=self.deadline,
            headers={
                "X-Vault-Request": "true",
                **({"X-Vault-Token": self.token} if self.token else {}),
                **({"X-Vault-Wrap-TTL": wrap_ttl} if wrap_ttl else {}),
                **(headers or {}),
            },
            json=json,
            params=params,
            repeatable=self._repeatable,
        )

    def login(self, url: str, use_token: bool = True, **kwargs: Any) -> Answer:  # type: ignore[override]
        """The answer, from which the caller takes the token: `use_token` changes nothing here."""
        del use_token
        return self.post(url, **kwargs)

    def get_login_token(self, response: Answer) -> str:
        return str(response.auth["client_token"])
