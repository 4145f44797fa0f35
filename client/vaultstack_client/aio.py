"""The same client for asyncio. What is at hand is given without leaving the event loop; for the
rest a few threads of the client's own ask Vault, one request for all tasks that wait for the same.

After a fork a loop is of no use, so this client is made anew in the child; the plain one survives.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from vaultstack_client.client import VaultClient
from vaultstack_client.clock import Clock
from vaultstack_client.credentials import (
    AwsKeys,
    AzurePrincipal,
    CertificateFor,
    DatabaseUser,
    GcpAccess,
    StaticDatabaseUser,
)
from vaultstack_client.errors import ClientClosed
from vaultstack_client.kv import SecretAt
from vaultstack_client.questions import Question
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
from vaultstack_client.settings import ClientSettings

T = TypeVar("T")

_THREADS: Final = 8
"""How many questions Vault is asked at once."""


class AsyncVaultClient:
    """Use it as an asynchronous context manager, from one event loop.

    Callbacks may be plain or coroutine functions and run in the loop in which they were given.
    """

    def __init__(self, settings: ClientSettings, *, clock: Clock | None = None) -> None:
        self._client = VaultClient(settings, clock=clock)
        self._threads = ThreadPoolExecutor(_THREADS, "vaultstack-client-ask")
        self._asking: dict[Question[Any], asyncio.Future[Any]] = {}
        self._running: set[asyncio.Future[Any]] = set()
        self._closed = False

    @property
    def settings(self) -> ClientSettings:
        """As given. They do not change."""
        return self._client.settings

    async def get_secret(self, path: str, *, version: int | None = None) -> Secret:
        """An entry as it is now, or one of its versions; `path` is below the mount:
        `media-catalog/api`. Raises `NotFound`, `NotAllowed`, or another `VaultClientError`.
        """
        return await self.get(SecretAt(path, version))

    async def get_database_credentials(
        self, role: str, *, instead_of: DatabaseCredentials | None = None
    ) -> DatabaseCredentials:
        """A database user of this role, the same for all tasks until it nears its end.
        `instead_of`: credentials that the database refuses, to be replaced once.
        """
        return await self.get(DatabaseUser(role), instead_of)

    async def get_static_database_credentials(
        self, role: str, *, instead_of: StaticDatabaseCredentials | None = None
    ) -> StaticDatabaseCredentials:
        """The user that stays, and its password of now. `instead_of`: credentials that the database
        refuses since they were rotated.
        """
        return await self.get(StaticDatabaseUser(role), instead_of)

    async def get_aws_credentials(self, role: str) -> AwsCredentials:
        """Keys of the role, the same for all tasks until they near their end. Those of a new IAM
        user may be refused by AWS for some seconds: try again.
        """
        return await self.get(AwsKeys(role))

    async def get_gcp_token(self, role: str) -> GcpToken:
        """An access token of the role, the same until it nears its end. It cannot be revoked: it
        lives on when the client is closed.
        """
        return await self.get(GcpAccess(role))

    async def get_azure_credentials(self, role: str) -> AzureCredentials:
        """A service principal of the role, the same until it nears its end. Azure may refuse a new
        one for a while: try again.
        """
        return await self.get(AzurePrincipal(role))

    async def issue_certificate(
        self, role: str, common_name: str, ttl: timedelta | None = None
    ) -> Certificate:
        """A certificate with its key, the same one until it nears its end. `ttl`: how long it
        should live; None: as long as the role says.
        """
        return await self.get(CertificateFor(role, common_name, ttl))

    async def on_secret_change(self, path: str, callback: Callable[[Secret], object]) -> None:
        """Call back in this loop with each new version of the entry. It is looked at as often as
        `secret_fresh_for` says; what is there at first is no change.
        """
        self._client.on_secret_change(path, self._in_loop(callback))

    async def on_new_credentials(
        self, role: str, callback: Callable[[DatabaseCredentials], object]
    ) -> None:
        """Call back in this loop with new credentials of a role that was asked for, while the old
        ones are still good, unless somebody has revoked those.
        """
        self._client.on_new_credentials(role, self._in_loop(callback))

    async def on_static_credentials_change(
        self, role: str, callback: Callable[[StaticDatabaseCredentials], object]
    ) -> None:
        """Call back in this loop with each new password; the old one is no good any more."""
        self._client.on_static_credentials_change(role, self._in_loop(callback))

    async def request(
        self,
        method: str,
        path: str,
        json: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        repeatable: bool | None = None,
    ) -> dict[str, Any]:
        """One request of Vault's own API with this client's token, past the cache: Vault's answer,
        empty where it has no body. `repeatable`: whether it may be sent again when it may have been
        carried out; None: only if it reads.
        """
        return await self._in_thread(
            lambda: self._client.request(method, path, json, headers=headers, repeatable=repeatable)
        )

    async def get(self, question: Question[T], refused: T | None = None) -> T:
        """The answer to a question, for those that have no method of their own. `refused`: an
        answer that is good no more, and is not given again.
        """
        at_hand = self._client.at_once(question, refused)
        if at_hand is not None:
            return at_hand
        asking = self._asking.get(question)
        if asking is None:
            asking = self._in_thread(lambda: self._client.get(question, refused))
            self._asking[question] = asking
            asking.add_done_callback(lambda _: self._asking.pop(question, None))
        # A task that is cancelled does not take the answer from the others.
        outcome: T = await asyncio.shield(asking)
        return outcome

    def status(self) -> Status:
        """How the client is, from what it remembers: asks nobody, and does not wait."""
        return self._client.status()

    async def close(self) -> None:
        """As the plain client's; returns when every thread has ended."""
        if self._closed:
            return
        self._closed = True
        # Not by one of the threads that ask, which may all be waiting for what this ends.
        with ThreadPoolExecutor(1, "vaultstack-client-close") as closer:
            await asyncio.get_running_loop().run_in_executor(closer, self._client.close)
        while self._running:
            await asyncio.wait(set(self._running))
        self._threads.shutdown()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def _in_thread(self, do: Callable[[], T]) -> asyncio.Future[T]:
        if self._closed:
            raise ClientClosed("the client is closed; make a new one")
        running = asyncio.get_running_loop().run_in_executor(self._threads, do)
        self._running.add(running)
        running.add_done_callback(self._done)
        return running

    def _done(self, running: asyncio.Future[Any]) -> None:
        self._running.discard(running)
        if not running.cancelled():
            running.exception()  # looked at, for nobody may be waiting any more

    def _in_loop(self, callback: Callable[[T], object]) -> Callable[[T], None]:
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[Any]] = set()

        def run(value: T) -> None:
            outcome = callback(value)
            if inspect.iscoroutine(outcome):
                coroutine: Coroutine[Any, Any, Any] = outcome
                task = loop.create_task(coroutine)
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        def from_keeper(value: T) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(run, value)

        return from_keeper
