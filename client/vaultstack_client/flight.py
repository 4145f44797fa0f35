"""One at a time for each key: whoever comes while it is being done waits for that one's outcome,
a failure too. So many threads that miss at once are one request, and not a stampede when it fails.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import CancelledError, Future
from typing import Any, TypeVar

T = TypeVar("T")


class StillFlying(Exception):  # noqa: N818 - no failure: it may yet land
    """Another thread is at it for longer than this one would wait."""


class Flights:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[Hashable, Future[Any]] = {}

    def run(self, key: Hashable, do: Callable[[], T], patience: float | None = None) -> T:
        """Do it, or wait for who does it already: `patience` seconds, then raise `StillFlying`.
        `do` must itself end in time.
        """
        while True:
            with self._lock:
                future = self._under_way.get(key)
                if future is None:
                    mine: Future[Any] = Future()
                    self._under_way[key] = mine
                    break
            try:
                outcome: T = future.result(patience)
            except CancelledError:
                continue  # who did it was interrupted; that says nothing about the thing
            except TimeoutError:
                if future.done():
                    continue
                raise StillFlying from None
            return outcome
        return self._lead(key, mine, do)

    def _lead(self, key: Hashable, mine: Future[Any], do: Callable[[], T]) -> T:
        try:
            outcome = do()
        except Exception as error:
            self._land(key)
            mine.set_exception(error)
            raise
        except BaseException:
            self._land(key)
            mine.cancel()
            raise
        self._land(key)
        mine.set_result(outcome)
        return outcome

    def _land(self, key: Hashable) -> None:
        with self._lock:
            del self._under_way[key]
