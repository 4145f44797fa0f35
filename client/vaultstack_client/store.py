"""Answers for applications: from the cache while they are fresh, else from Vault; what was last
said, while Vault cannot be asked.

A secret is what Vault says it is now: an answer - denied, gone, destroyed - is always passed on and
takes what was cached with it, so that access that was taken away is away at the next refresh. Only
silence is bridged.

Credentials are good until they end, whatever becomes of the request for the next ones: a role that
is gone or denied takes nothing back that it gave, and who means to take it back revokes the lease.
Past their end they are never given out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final, TypeVar

from hvac.api.system_backend import Lease as LeaseApi

from vaultstack_client.cache import Cache, Entry, entry_of, margin
from vaultstack_client.clock import Clock, Deadline, End, Instant
from vaultstack_client.credentials import prolonged
from vaultstack_client.errors import ClientClosed, LeaseExpired, Unavailable, VaultClientError
from vaultstack_client.flight import Flights, StillFlying
from vaultstack_client.outages import Outages
from vaultstack_client.questions import Lease, Question, understood
from vaultstack_client.results import Secret, identity
from vaultstack_client.session import CAPPED, Session
from vaultstack_client.settings import ClientSettings

T = TypeVar("T")
Heard = Callable[[Question[Any], Any], None]
"""Told of each new answer: the question and the value, or None where there is none any more."""

_PROBLEMS: Final = 32
_REVOKED: Final = "lease not found"


class Store:
    """Safe to use from several threads."""

    def __init__(
        self, settings: ClientSettings, clock: Clock, session: Session, heard: Heard
    ) -> None:
        self.cache = Cache(settings.cache_size)
        self.outages = Outages(settings.timing)
        self._timing, self._clock = settings.timing, clock
        self._session, self._heard = session, heard
        self._flights = Flights()
        self._may_renew = True
        self._lock = threading.Lock()
        self._problems: dict[Hashable, str] = {}
        self.closed = False
        self.hits = self.misses = self.stale_served = 0

    def get(self, question: Question[T], refused: T | None = None) -> T:
        """The answer. `refused`: credentials that do not work, to be replaced if these are they."""
        at_hand = self.at_once(question, refused)
        if at_hand is not None:
            return at_hand
        with self._lock:
            self.misses += 1
        entry = self.cache.peek(question)
        now = self._clock.now()
        older = entry is not None and not question.perishable and entry.is_usable(now)
        wait = self._timing.stale_patience if older else self._timing.deadline
        deadline = Deadline.within(self._clock, wait.total_seconds())
        patience = deadline.seconds if older else None
        try:
            answered = self._new(question, entry, refused, deadline, patience)
            if _is_refused(answered.value, refused):
                # The background was just renewing them.
                answered = self._new(question, answered, refused, deadline, patience)
        except (Unavailable, StillFlying) as error:
            if entry is not None and older and entry.is_usable(self._clock.now()):
                return self._stale(entry)
            expired = _expired(question, entry, error, self._clock.now())
        else:
            return answered.value
        raise expired

    def at_once(self, question: Question[T], refused: T | None = None) -> T | None:
        """The answer if it is at hand, asking nobody; None if not."""
        if self.closed:
            raise ClientClosed("the client is closed; make a new one")
        entry = self.cache.get(question)
        if entry is None or _is_refused(entry.value, refused):
            return None
        now = self._clock.now()
        if entry.is_fresh(now):
            with self._lock:
                self.hits += 1
            return entry.value
        if not entry.is_usable(now):
            return None
        return self._stale(entry) if self.outages.bridged(question, now) else None

    def look_after(self, question: Question[Any], entry: Entry[Any], deadline: Deadline) -> None:
        """Renew or replace what is due. Raises what asking raises."""
        self._flights.run(question, lambda: self._prolong_or_ask(question, entry, deadline))

    def ask(self, question: Question[T], deadline: Deadline) -> T:
        """Vault's answer of now."""
        return self._flights.run(question, lambda: self._ask(question, deadline)).value

    def is_wanted(self, question: Question[Any], entry: Entry[Any]) -> bool:
        """Whether the background should look after it. Nobody needs new credentials for an
        application that has stopped asking, but those it has are kept alive while Vault lets us.
        """
        return entry.used or question in self.cache.pinned or self._may_prolong(entry)

    def note(self, key: Hashable, error: VaultClientError) -> None:
        """Remember what does not work, for `status`."""
        with self._lock:
            self._problems.pop(key, None)
            self._problems[key] = str(error)
            while len(self._problems) > _PROBLEMS:
                del self._problems[next(iter(self._problems))]

    def solved(self, key: Hashable) -> None:
        if self._problems:
            with self._lock:
                self._problems.pop(key, None)

    @property
    def last_problem(self) -> str | None:
        """A refused login first, which is why all else fails."""
        with self._lock:
            return self._session.refusal or next(reversed(self._problems.values()), None)

    def _new(
        self,
        question: Question[T],
        seen: Entry[T] | None,
        refused: T | None,
        deadline: Deadline,
        patience: float | None,
    ) -> Entry[T]:
        """Another answer than the one seen, or refused; from whoever got it first."""

        def ask() -> Entry[T]:
            # Another thread may have asked between our look into the cache and now.
            current = self.cache.peek(question)
            if current is not None and current.is_fresh(self._clock.now()):
                known = current is seen if refused is None else _is_refused(current.value, refused)
                if not known:
                    return current
            return self._ask(question, deadline)

        return self._flights.run(question, ask, patience)

    def _ask(self, question: Question[T], deadline: Deadline) -> Entry[T]:
        try:
            answer, token = self._session.use(deadline, question.ask)
            found = understood(question, answer, self._session.who)
        except VaultClientError as error:
            self._failed(question, error)
            raise
        self._answered(question)
        entry = entry_of(question, found, token, answer.asked, self._timing)
        if not self.closed and (found.lives is None or found.lives > 0):
            self.cache.put(question, entry)
            self._heard(question, entry.value)
        return entry

    def _failed(self, question: Question[Any], error: VaultClientError) -> None:
        """Keep what is good all the same, and drop what is not."""
        now = self._clock.now()
        entry = self.cache.peek(question)
        if isinstance(error, ClientClosed):
            return
        if isinstance(error, Unavailable):
            self.outages.failed(question, error, now)
            self.note(question, error)
        elif question.perishable and entry is not None and entry.is_usable(now):
            self.outages.denied(question, now, entry.end.left(now))
            self.note(question, error)
        else:
            self._answered(question)
            self.cache.drop(question)
            self._heard(question, None)

    def _answered(self, question: Question[Any]) -> None:
        self.outages.answered(question)
        self.solved(question)

    def _prolong_or_ask(
        self, question: Question[Any], entry: Entry[Any], deadline: Deadline
    ) -> Entry[Any]:
        current = self.cache.peek(question)
        if current is not entry and current is not None:
            return current
        if self._may_prolong(entry) and (longer := self._prolong(question, entry, deadline)):
            return longer
        if entry.used or question in self.cache.pinned:
            return self._ask(question, deadline)
        return entry

    def _may_prolong(self, entry: Entry[Any]) -> bool:
        return (
            entry.lease is not None
            and entry.lease.renewable
            and self._may_renew
            and entry.token is self._session.token
        )

    def _prolong(
        self, question: Question[Any], entry: Entry[Any], deadline: Deadline
    ) -> Entry[Any] | None:
        """The same credentials for longer, or None where they must be replaced."""
        assert entry.lease is not None
        lease_id = entry.lease.id
        try:
            # Once is enough: should it fail, the background comes back.
            answer, token = self._session.use(
                deadline, lambda adapter: LeaseApi(adapter).renew_lease(lease_id)
            )
        except VaultClientError as error:
            if isinstance(error, Unavailable) and not error.everywhere:
                # The engine cannot renew it, such as of a role that was removed.
                entry.lease = Lease(lease_id, renewable=False)
                return None
            self._failed(question, error)
            raise
        if answer.status == HTTPStatus.FORBIDDEN:
            self._may_renew = False
        if answer.status == HTTPStatus.BAD_REQUEST and _REVOKED in answer.errors:
            entry.end = entry.fresh = End.after(answer.asked, 0)
        lives = float(answer.body.get("lease_duration") or 0)
        ahead = margin(entry.lifetime, self._timing)
        if not answer.ok or token is not entry.token or lives <= ahead:
            entry.lease = Lease(lease_id, renewable=False)
            return None
        self._answered(question)
        longer = replace(
            entry,
            value=prolonged(entry.value, answer.asked, lives),
            refresh_at=answer.asked.steady + lives - ahead,
            fresh=End.after(answer.asked, lives),
            end=End.after(answer.asked, lives),
            lease=Lease(lease_id, renewable=lives >= entry.lifetime * CAPPED),
        )
        self.cache.put(question, longer)
        return longer

    def _stale(self, entry: Entry[T]) -> T:
        with self._lock:
            self.hits += 1
            self.stale_served += 1
        value: Any = entry.value
        if isinstance(value, Secret):
            value = replace(value, stale=True)
        older: T = value
        return older


def _is_refused(value: T, refused: T | None) -> bool:
    return refused is not None and identity(value) == identity(refused)


def _expired(
    question: Question[Any], entry: Entry[Any] | None, error: Exception, now: Instant
) -> Exception:
    if isinstance(error, StillFlying):
        return Unavailable(f"{question.what}: must be answered in time, and Vault is too slow")
    if entry is None or entry.lease is None or not isinstance(error, Unavailable):
        return error
    if entry.is_usable(now):
        return error
    return LeaseExpired(
        f"{question.what}: credentials must be replaced before they end, and those at hand ended "
        f"at {getattr(entry.value, 'expires', 'an unknown time')} or with their token, while Vault "
        f"gives no new ones; {error}",
        everywhere=error.everywhere,
    )
