"""A few connections to the database, replaced when its user is.

The URL is asked for each time a connection is wanted. When it is another than before, because Vault
made a new user or the canary list moved, idle connections are closed, those in use are closed when
they come back, and new ones are made: nobody's query is interrupted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Protocol


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
        size: int = 5,
        patience: timedelta = timedelta(seconds=5),
    ) -> None:
        """Connects to nothing yet."""
        self._url = url
        self._connect = connect
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
            connection = self._taken(url) or self._made(url)
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
        self._move_to(url)
        with self._lock:
            return self._idle.pop() if self._idle and self._idle_for == url else None

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
