"""The client that applications use.

Nobody is asked before the first call, and the background thread starts with it. In a process that
was forked, the client starts anew: with a login and a cache of its own, for a token that parent and
child share would end for both when one closes.
"""

from __future__ import annotations

import os
import threading
import warnings
import weakref
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from vaultstack_client.clock import Clock, Deadline, SystemClock
from vaultstack_client.credentials import (
    AwsKeys,
    AzurePrincipal,
    CertificateFor,
    DatabaseUser,
    GcpAccess,
    StaticDatabaseUser,
)
from vaultstack_client.errors import ClientClosed, bare
from vaultstack_client.keeper import Keeper
from vaultstack_client.kv import SecretAt
from vaultstack_client.names import check_path
from vaultstack_client.questions import Question, check
from vaultstack_client.results import (
    AwsCredentials,
    AzureCredentials,
    Certificate,
    DatabaseCredentials,
    GcpToken,
    Secret,
    StaticDatabaseCredentials,
    Status,
)
from vaultstack_client.session import Session
from vaultstack_client.settings import ClientSettings
from vaultstack_client.store import Store
from vaultstack_client.transport import Transport

T = TypeVar("T")

_FAREWELL: Final = timedelta(seconds=2)
"""How long `close` waits for Vault to end the token."""


class _Parts:
    """What one process has: connections, token, cache, thread."""

    def __init__(self, settings: ClientSettings, clock: Clock) -> None:
        self.transport = Transport(settings.address, settings.ca_file, settings.timing, clock)
        self.session = Session(settings.login, self.transport, settings.timing)
        self.keeper = Keeper(settings.timing, clock, self.session)
        self.store = Store(settings, clock, self.session, self.keeper.heard)


class VaultClient:
    """Secrets and credentials for one application. Safe to use from several threads.

    Use it as a context manager, or call `close`. Every method raises a `VaultClientError` and
    nothing else.
    """

    def __init__(self, settings: ClientSettings, *, clock: Clock | None = None) -> None:
        self.settings = settings
        self._clock: Clock = clock or SystemClock()
        self._watched: list[tuple[Question[Any], Callable[[Any], object]]] = []
        self._closing = threading.Lock()
        self._parts = _Parts(settings, self._clock)
        _living.add(self)

    def get_secret(self, path: str, *, version: int | None = None) -> Secret:
        """An entry as it is now, or one of its versions. `path` as people know it, below the
        mount: `media-catalog/api`.
        """
        return self.get(SecretAt(path, version))

    def get_database_credentials(
        self, role: str, *, instead_of: DatabaseCredentials | None = None
    ) -> DatabaseCredentials:
        """A database user of this role. `instead_of`: credentials that the database refuses, to be
        replaced, once for all who hold the same.
        """
        return self.get(DatabaseUser(role), instead_of)

    def get_static_database_credentials(
        self, role: str, *, instead_of: StaticDatabaseCredentials | None = None
    ) -> StaticDatabaseCredentials:
        """The user that stays, and its password of now. `instead_of`: credentials that the
        database refuses since they were rotated.
        """
        return self.get(StaticDatabaseUser(role), instead_of)

    def get_aws_credentials(self, role: str) -> AwsCredentials:
        """Keys of the role, the same for all who ask until they near their end. Those of a new IAM
        user may be refused by AWS for some seconds: try again.
        """
        return self.get(AwsKeys(role))

    def get_gcp_token(self, role: str) -> GcpToken:
        """An access token of the role, the same until it nears its end. It cannot be revoked: it
        lives on when the client is closed.
        """
        return self.get(GcpAccess(role))

    def get_azure_credentials(self, role: str) -> AzureCredentials:
        """A service principal of the role, the same until it nears its end. Azure may refuse a new
        one for a while: try again.
        """
        return self.get(AzurePrincipal(role))

    def issue_certificate(
        self, role: str, common_name: str, ttl: timedelta | None = None
    ) -> Certificate:
        """A certificate with its key, the same one until it nears its end."""
        return self.get(CertificateFor(role, common_name, ttl))

    def on_secret_change(self, path: str, callback: Callable[[Secret], object]) -> None:
        """Call back with each new version of the entry, from the background thread. It looks as
        often as `secret_fresh_for` says; what is there at first is no change. The callback must
        be quick, for the thread has other things to keep.
        """
        self._watch(SecretAt(path), callback)
        self._start(self._parts)

    def on_new_credentials(
        self, role: str, callback: Callable[[DatabaseCredentials], object]
    ) -> None:
        """Call back with new credentials of a role that was asked for, from the background thread,
        while the old ones are still good - unless somebody has revoked those. Credentials that
        are merely renewed stay the same and are not told of.
        """
        self._watch(DatabaseUser(role), callback)

    def on_static_credentials_change(
        self, role: str, callback: Callable[[StaticDatabaseCredentials], object]
    ) -> None:
        """Call back with each new password, as `on_secret_change` does; the old one is no good any
        more.
        """
        self._watch(StaticDatabaseUser(role), callback)
        self._start(self._parts)

    def request(
        self,
        method: str,
        path: str,
        json: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> dict[str, Any]:
        """One request of Vault's own API with this client's token, past the cache: Vault's answer,
        empty where it has no body. `repeatable`: whether it may be sent again when it
        may have been carried out; None: only if it reads.
        """
        check_path(path)
        parts = self._open()
        deadline = Deadline.within(self._clock, self.settings.timing.deadline.total_seconds())
        answer, _ = bare(
            lambda: parts.session.use(
                deadline,
                lambda adapter: adapter.twice(harmless=repeatable).request(
                    method, path, headers, json=json
                ),
            )
        )
        check(answer, f"{method} {path}", path, parts.session.who)
        return dict(answer.body)

    def status(self) -> Status:
        """How the client is, from what it remembers: asks nobody, and does not wait."""
        parts = self._parts
        store, token, now = parts.store, parts.session.token, self._clock.now()
        good = token is not None and token.good(now)
        return Status(
            token_expires=token.end.shown(now) if token and good else None,
            logged_in=good,
            hits=store.hits,
            misses=store.misses,
            stale_served=store.stale_served,
            cached=len(store.cache),
            requests=parts.transport.requests,
            vault_away=store.outages.vault_away,
            last_error=store.last_problem,
        )

    def close(self) -> None:
        """End the background thread and, as `revoke_on_close` says, the token, with which Vault a
        moment later ends everything that was issued; close all connections. May be called more
        than once.
        """
        with self._closing:
            parts = self._parts
            if parts.store.closed:
                return
            parts.store.closed = True
            _living.discard(self)
            parts.transport.stop()
            parts.keeper.stop()
            parts.store.cache.clear()
            try:
                parts.session.close(
                    Deadline.within(self._clock, _FAREWELL.total_seconds()),
                    revoke=self.settings.revoke_on_close,
                )
            finally:
                parts.transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __del__(self) -> None:
        parts: _Parts | None = getattr(self, "_parts", None)
        if parts is not None and parts.keeper.running and not parts.store.closed:
            warnings.warn(
                "a VaultClient was dropped without close(): its token lives on until it ends",
                ResourceWarning,
                source=self,
                stacklevel=1,
            )
            parts.store.closed = True
            parts.keeper.let_go()
            parts.transport.close()

    def get(self, question: Question[T], refused: T | None = None) -> T:
        """The answer to a question, for those that have no method of their own."""
        parts = self._open()
        self._start(parts)
        return bare(lambda: parts.store.get(question, refused))

    def at_once(self, question: Question[T], refused: T | None = None) -> T | None:
        """The answer if it is at hand; never asks Vault, never waits."""
        return self._open().store.at_once(question, refused)

    def _open(self) -> _Parts:
        parts = self._parts
        if parts.store.closed:
            raise ClientClosed("the client is closed; make a new one")
        return parts

    def _start(self, parts: _Parts) -> None:
        parts.keeper.start(parts.store)

    def _watch(self, question: Question[Any], callback: Callable[[Any], object]) -> None:
        parts = self._open()
        self._watched.append((question, callback))
        parts.keeper.watch(parts.store, question, callback)

    def _after_fork(self) -> None:
        """In the child: nothing of the parent's is used, closed or revoked."""
        closed = self._parts.store.closed
        self._closing = threading.Lock()
        self._parts = _Parts(self.settings, self._clock)
        self._parts.store.closed = closed
        for question, callback in self._watched:
            self._parts.keeper.watch(self._parts.store, question, callback)


_living: weakref.WeakSet[VaultClient] = weakref.WeakSet()


def _after_fork() -> None:
    for client in list(_living):
        client._after_fork()  # noqa: SLF001 - of this module


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
