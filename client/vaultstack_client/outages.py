"""What is known to be away, and when to try again: so that an outage costs one call its patience,
and not each.

A failure is of everything (Vault cannot be reached, is sealed) or of one question (its database is
away, or its role was removed). After it, whoever has an older answer gives that at once, and the
background tries again, with pauses that grow.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Hashable

from vaultstack_client.clock import Instant
from vaultstack_client.errors import Unavailable
from vaultstack_client.timing import Timing


class Outages:
    """Safe to use from several threads."""

    def __init__(self, timing: Timing) -> None:
        self._first = timing.first_backoff.total_seconds()
        self._greatest = timing.greatest_backoff.total_seconds()
        self._check_every = timing.check_every.total_seconds()
        self._overdue = timing.deadline.total_seconds() + self._greatest
        self._lock = threading.Lock()
        self._until: dict[Hashable, tuple[float, int]] = {}
        """Key, or None for everything -> not before, on the steady clock, and failures so far."""

    @property
    def vault_away(self) -> bool:
        return None in self._until

    def failed(self, key: Hashable, error: Unavailable, now: Instant) -> None:
        with self._lock:
            for each in {key, None} if error.everywhere else {key}:
                self._pause(each, now, self._greatest)

    def denied(self, key: Hashable, now: Instant, left: float) -> None:
        """Vault is there and says no, which somebody must change: that is not tried as often, but
        more often towards the end of the older answer, of which so many seconds are left.
        """
        with self._lock:
            self._until.pop(None, None)
            self._pause(key, now, max(min(self._check_every, left / 2), self._first))

    def answered(self, key: Hashable) -> None:
        """Vault said something of the question."""
        if self._until:
            with self._lock:
                self._until.pop(key, None)
                self._until.pop(None, None)

    def waiting(self, key: Hashable, now: Instant) -> bool:
        """Whether it is too early to try again."""
        return bool(self._until) and now.steady < self.again_at(key)

    def bridged(self, key: Hashable, now: Instant) -> bool:
        """Whether whoever has an older answer should give it without asking: the last try failed,
        and the next is the background's business. Unless that is long overdue, for it runs the
        application's callbacks and may hang in one.
        """
        if key not in self._until and None not in self._until:
            return False
        return now.steady < self.again_at(key) + self._overdue

    def again_at(self, key: Hashable) -> float:
        """On the steady clock."""
        away, _ = self._until.get(None, (0.0, 0))
        own, _ = self._until.get(key, (0.0, 0))
        return max(away, own)

    def _pause(self, key: Hashable, now: Instant, greatest: float) -> None:
        _, failures = self._until.get(key, (0.0, 0))
        pause = min(self._first * 4 * 2 ** min(failures, 20), greatest)
        pause *= random.uniform(0.5, 1)  # noqa: S311
        self._until[key] = (now.steady + pause, failures + 1)
