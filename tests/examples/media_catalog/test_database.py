from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from examples.media_catalog.database import REPLACE_AT_MOST_EVERY, DatabaseAway, Pool

URLS = ("postgresql://one:hunter2@db/media", "postgresql://two:hunter3@db/media")


class FakeConnection:
    def __init__(self, url: str, revoked: set[str]) -> None:
        self.url = url
        self.revoked = revoked
        self.closed = False

    def execute(self, query: Any, params: Any = None, /) -> Any:
        del query, params
        assert not self.closed
        if self.url in self.revoked:
            raise ConnectionError("terminating connection")
        return self.url

    def close(self) -> None:
        assert not self.closed
        self.closed = True


class Server:
    def __init__(self) -> None:
        self.url = URLS[0]
        self.made: list[FakeConnection] = []
        self.error: Exception | None = None
        self.revoked: set[str] = set()
        self.replaced: list[str] = []

    def connect(self, url: str) -> FakeConnection:
        if self.error:
            raise self.error
        if url in self.revoked:
            raise ConnectionError("password authentication failed")
        self.made.append(FakeConnection(url, self.revoked))
        return self.made[-1]

    def instead_of(self, refused: str) -> str:
        self.replaced.append(refused)
        if refused == self.url == URLS[0]:
            self.url = URLS[1]
        return self.url

    def pool(self, size: int = 2) -> Pool:
        patience = timedelta(milliseconds=20)
        return Pool(lambda: self.url, self.connect, self.instead_of, size=size, patience=patience)

    @property
    def open(self) -> list[str]:
        return [connection.url for connection in self.made if not connection.closed]


@pytest.fixture
def server() -> Server:
    return Server()


def test_a_connection_is_used_again(server: Server) -> None:
    pool = server.pool()
    for _ in range(10):
        with pool.connection() as connection:
            assert connection.execute("SELECT 1") == URLS[0]
    assert len(server.made) == 1


def test_new_credentials_make_new_connections(server: Server) -> None:
    pool = server.pool()
    with pool.connection() as in_use, pool.connection():
        pass
    with pool.connection() as in_use:
        server.url = URLS[1]
        with pool.connection() as connection:
            assert connection.execute("SELECT 1") == URLS[1]
        assert in_use.execute("SELECT 1") == URLS[0], "nobody's query is interrupted"
    assert server.open == [URLS[1]]
    with pool.connection() as connection:
        assert connection.execute("SELECT 1") == URLS[1]
    assert len(server.made) == 3


def test_renew_tries_first(server: Server) -> None:
    pool = server.pool()
    with pool.connection():
        pass
    server.url, server.error = URLS[1], OSError("refused")
    with pytest.raises(DatabaseAway):
        pool.renew()
    assert server.open == [URLS[0]]
    server.error = None
    pool.renew()
    assert server.open == [URLS[1]]
    with pool.connection():
        assert server.open == [URLS[1]], "the one that was tried is used"


def test_what_an_error_came_out_of_is_not_used_again(server: Server) -> None:
    pool = server.pool(size=1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), pool.connection():
            raise ZeroDivisionError
    assert server.open == []
    assert len(server.made) == 3


def test_at_most_so_many(server: Server) -> None:
    pool = server.pool(size=2)
    third = pool.connection()
    with (
        pool.connection(),
        pool.connection(),
        pytest.raises(DatabaseAway, match=r"in use for 0\.02 s"),
        third,
    ):
        pass
    with pool.connection(), pool.connection():
        pass
    assert len(server.made) == 2


def test_a_failed_connection_takes_no_place(server: Server) -> None:
    pool = server.pool(size=1)
    server.error = OSError("refused")
    for _ in range(3):
        with pytest.raises(DatabaseAway, match="OSError"), pool.connection():
            pass
    server.error = None
    with pool.connection():
        pass


def test_a_user_that_was_revoked_is_replaced_and_nobody_notices(server: Server) -> None:
    pool = server.pool()
    with pool.connection(), pool.connection():
        pass
    server.revoked.add(URLS[0])
    for _ in range(3):
        with pool.connection() as connection:
            assert connection.execute("SELECT title") == URLS[1]
    assert server.replaced == [URLS[0]]
    assert server.open == [URLS[1]], "the one made instead is kept"


def test_a_database_that_is_away_does_not_have_users_made_without_end(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = [1000.0]
    monkeypatch.setattr("examples.media_catalog.database.time.monotonic", lambda: time[0])
    pool = server.pool()
    server.error = OSError("refused")
    for _ in range(10):
        with pytest.raises(DatabaseAway), pool.connection():
            pass
    assert len(server.replaced) == 1
    time[0] += REPLACE_AT_MOST_EVERY.total_seconds()
    for _ in range(10):
        with pytest.raises(DatabaseAway), pool.connection():
            pass
    assert len(server.replaced) == 2


def test_the_drivers_words_are_not_handed_on(server: Server) -> None:
    server.error = ValueError(f"invalid port in {URLS[0]}")
    with pytest.raises(DatabaseAway) as caught, server.pool().connection():
        pass
    assert "hunter2" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_close_leaves_nothing_open(server: Server) -> None:
    pool = server.pool()
    with pool.connection(), pool.connection():
        pass
    with pool.connection():
        pool.close()
        assert len(server.open) == 1
    assert server.open == []


def test_many_threads_while_the_credentials_change(server: Server) -> None:
    pool = Pool(lambda: server.url, server.connect, size=8)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(300):
                with pool.connection() as connection:
                    connection.execute("SELECT 1")
        except BaseException as error:  # noqa: BLE001 - told below
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for number in range(200):
        server.url = f"postgresql://user{number}@db/media"
    for thread in threads:
        thread.join()
    assert failures == []
    pool.close()
    assert server.open == []
