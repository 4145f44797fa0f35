"""Answers that are kept: the newest of each question, at most so many, with what is needed to know
how long each may be given out.
"""

from __future__ import annotations

import random
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from vaultstack_client.clock import End, Instant
from vaultstack_client.questions import Found, Lease, Question
from vaultstack_client.session import Token
from vaultstack_client.timing import Timing

T = TypeVar("T")

_AHEAD: Final = 0.8
"""After this share of its freshness an answer in use is asked for again, in the background."""


@dataclass(slots=True)
class Entry(Generic[T]):
    """One answer. Times are seconds on the steady clock unless an `End` says more."""

    value: T = field(repr=False)
    refresh_at: float
    """When the background looks after it."""
    fresh: End
    """Until when it is given out without a thought."""
    end: End
    """When it is worth nothing, whatever happens."""
    lease: Lease | None
    lifetime: float
    token: Token
    used: bool = False
    """Whether anybody asked for it since it came."""

    def is_fresh(self, now: Instant) -> bool:
        return self.fresh.left(now) > 0 and self.is_usable(now)

    def is_usable(self, now: Instant) -> bool:
        if self.end.left(now) <= 0:
            return False
        return self.lease is None or self.token.good(now)

    def is_due(self, now: Instant) -> bool:
        """Whether it should be renewed or asked for again, were it in use."""
        replaced = self.lease is not None and (self.token.retired or self.token.dead)
        return replaced or now.steady >= self.refresh_at or self.fresh.left(now) <= 0


def entry_of(
    question: Question[T], found: Found[T], token: Token, now: Instant, timing: Timing
) -> Entry[T]:
    """When the answer is fresh, due and over. Clients that started together do not come back
    together: when each looks again is a little random.
    """
    early = random.uniform(0.9, 1.0)  # noqa: S311
    if question.perishable:
        assert found.lives is not None
        end = End.after(now, found.lives)
        ahead = margin(found.lives, timing) * (2 - early)
        return Entry(
            found.value,
            now.steady + found.lives - ahead,
            end,
            end,
            found.lease,
            found.lives,
            token,
        )
    fresh_for = timing.secret_fresh_for.total_seconds()
    end = End.of_age(now, timing.serve_stale_for.total_seconds())
    if found.lives is not None:
        end = end.earlier(End.of_age(now, found.lives))
    return Entry(
        found.value,
        now.steady + min(fresh_for * _AHEAD * early, found.lives or fresh_for),
        End.of_age(now, fresh_for).earlier(end),
        end,
        None,
        fresh_for,
        token,
    )


def margin(lifetime: float, timing: Timing) -> float:
    """With how many seconds left credentials are looked after."""
    return min(timing.reissue_database_below.total_seconds(), lifetime / 3)


class Cache:
    """Safe to use from several threads. `pinned`: questions that somebody watches, which stay."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._entries: OrderedDict[Question[Any], Entry[Any]] = OrderedDict()
        self.pinned: set[Question[Any]] = set()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, question: Question[T]) -> Entry[T] | None:
        """For an application that asks now."""
        with self._lock:
            entry = self._entries.get(question)
            if entry is not None:
                entry.used = True
                self._entries.move_to_end(question)
            return entry

    def peek(self, question: Question[T]) -> Entry[T] | None:
        """Without it counting as use."""
        return self._entries.get(question)

    def put(self, question: Question[T], entry: Entry[T]) -> None:
        with self._lock:
            self._entries[question] = entry
            self._entries.move_to_end(question)
            while len(self._entries) > self._size:
                oldest = next((q for q in self._entries if q not in self.pinned), None)
                if oldest is None:
                    break
                del self._entries[oldest]

    def drop(self, question: Question[Any]) -> None:
        with self._lock:
            self._entries.pop(question, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()

    def items(self) -> list[tuple[Question[Any], Entry[Any]]]:
        with self._lock:
            return list(self._entries.items())

    def forget_ended(self, now: Instant) -> None:
        """Drop values that nobody may have any more. Ended credentials stay until they are
        replaced, so that an error can say that they ended; they open nothing.
        """
        with self._lock:
            for question, entry in list(self._entries.items()):
                if entry.lease is None and entry.end.left(now) <= 0:
                    del self._entries[question]
