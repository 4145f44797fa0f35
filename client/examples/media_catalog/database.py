"""A few connections to the database, replaced when its user is.

The URL is asked for each time a connection is wanted. When it is another than before, because Vault
made a new user or the canary list moved, idle connections are closed, those in use are closed when
they come back, and new ones are made: nobody's query is interrupted. When a user ends without
notice, because somebody revoked it, the first connection that is refused asks for another user.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final, Protocol

REPLACE_AT_MOST_EVERY: Final = timedelta(seconds=30)
"""A database that is away refuses everybody: that is no reason to have users made without end."""


class Connection(Protocol):
    """As much of a psycopg connection as is used here."""

    def execute(self, query: Any, params: Any = None, /) -> Any: ...
    def close(self) -> None: ...


class DatabaseAway(Exception):  # noqa: N818 - says what happened
    """No connection could be had."""


class Pool:
    """At most `size` connections in use. Threads may share it."""

    def __init__(
        self,
        url: Callable[[], str],
        connect: Callable[[str], Connection],
        instead_of: Callable[[str], str] = lambda refused: refused,
        *,
        size: int = 5,
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        """`instead_of`: another URL for one with which no connection can be had, or the same.
        Connects to nothing yet.
        """
        self._url = url
        self._connect = connect
        self._instead_of = instead_of
        self._replace_from = 0.0
        self._free = threading.BoundedSemaphore(size)
        self._patience = patience.total_seconds()
        self._lock = threading.Lock()
        self._idle: list[Connection] = []
        self._idle_for: str | None = None
        """The URL that the idle connections were made with."""
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection as the current user. One that an error came out of is not used again.

        Raises `DatabaseAway`, and what asking for the URL raises.
        """
        url = self._url()
        if not self._free.acquire(timeout=self._patience):
            raise DatabaseAway(f"all connections were in use for {self._patience:g} s")
        try:
            connection = self._taken(url)
            if connection is None:
                url, connection = self._made_somehow(url)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._give_back(url, connection)
        finally:
            self._free.release()

    def renew(self) -> None:
        """Try the current URL, and only if it works give up the idle connections made with another.

        Raises `DatabaseAway`, and what asking for the URL raises.
        """
        url = self._url()
        connection = self._made(url)
        self._move_to(url)
        self._give_back(url, connection)

    def close(self) -> None:
        """Close what is idle, and what is in use when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _taken(self, url: str) -> Connection | None:
        """An idle connection that still works: the server ends those of a user that is revoked."""
        self._move_to(url)
        while True:
            with self._lock:
                if not self._idle or self._idle_for != url:
                    return None
                connection = self._idle.pop()
            try:
                connection.execute("SELECT 1")
            except Exception:  # noqa: BLE001 - whatever the driver raises
                connection.close()
            else:
                return connection

    def _made_somehow(self, url: str) -> tuple[str, Connection]:
        try:
            return url, self._made(url)
        except DatabaseAway:
            other = self._instead_of(url) if self._may_replace() else url
            if other == url:
                raise
        self._move_to(other)
        return other, self._made(other)

    def _may_replace(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._replace_from:
                return False
            self._replace_from = now + REPLACE_AT_MOST_EVERY.total_seconds()
            return True

    def _made(self, url: str) -> Connection:
        try:
            return self._connect(url)
        except Exception as error:  # noqa: BLE001 - whatever the driver raises
            # Its own words may quote parts of the URL, and the URL holds a password.
            raise DatabaseAway(f"no connection to the database ({type(error).__name__})") from None

    def _move_to(self, url: str) -> None:
        with self._lock:
            if url == self._idle_for:
                return
            outdated, self._idle, self._idle_for = self._idle, [], url
        for connection in outdated:
            connection.close()

    def _give_back(self, url: str, connection: Connection) -> None:
        with self._lock:
            if not self._closed and url == self._idle_for:
                self._idle.append(connection)
                return
        connection.close()
