"""The background: one thread that keeps token, credentials and secrets in use fresh, and calls the
application back. Everything it does for comfort the calls of the application would do for
themselves, later and while they wait: should a callback hang, nothing is served too long.

The thread is no daemon, which the interpreter would cut off in the middle of a request. So that a
forgotten `close` does not keep the process alive, it ends when the main thread has ended.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from vaultstack_client.clock import Clock, Deadline
from vaultstack_client.errors import ClientClosed, VaultClientError
from vaultstack_client.questions import Question
from vaultstack_client.results import identity
from vaultstack_client.session import Session
from vaultstack_client.store import Store
from vaultstack_client.timing import Timing

_log: Final = logging.getLogger(__name__)

_LOOK: Final = 1.0
"""Seconds between looks at whether the main thread has ended."""

_LEAST: Final = 0.05
"""Seconds of rest between rounds, whatever goes wrong."""

Callback = Callable[[Any], object]


@dataclass(slots=True)
class Watch:
    """Who wants to hear of new answers to one question, and what they know of already."""

    callbacks: list[Callback] = field(default_factory=list)
    asked: bool = False
    """Whether anything was ever said of it; the first answer is no news."""
    seen: object = field(default=None, repr=False)
    try_again: float = 0.0
    """On the steady clock, after it was denied or missing."""


class Keeper:
    def __init__(self, timing: Timing, clock: Clock, session: Session) -> None:
        self._timing, self._clock, self._session = timing, clock, session
        self._watches: dict[Question[Any], Watch] = {}
        self._news: deque[tuple[Callback, Question[Any], object]] = deque()
        self._wake = threading.Condition()
        self._ending = False
        self._thread: threading.Thread | None = None
        self._woken = False
        self._checked = 0.0

    def watch(self, store: Store, question: Question[Any], callback: Callback) -> None:
        with self._wake:
            watch = self._watches.setdefault(question, Watch())
            watch.callbacks.append(callback)
            entry = store.cache.peek(question)
            if entry is not None and not watch.asked:
                watch.asked, watch.seen = True, identity(entry.value)
            store.cache.pinned.add(question)

    def heard(self, question: Question[Any], value: object) -> None:
        """Of a new answer, or (None) that there is none any more."""
        with self._wake:
            watch = self._watches.get(question)
            if watch is not None:
                mark = None if value is None else identity(value)
                if watch.asked and value is not None and mark != watch.seen:
                    self._news.extend((each, question, value) for each in watch.callbacks)
                watch.asked, watch.seen = True, mark
            # It may be due sooner than whatever the thread sleeps for.
            self._woken = True
            self._wake.notify_all()

    def start(self, store: Store) -> None:
        if self._thread is not None:
            return
        with self._wake:
            if self._thread is not None or self._ending:
                return
            self._checked = self._clock.now().steady
            self._thread = threading.Thread(
                target=self._run, args=(store,), name="vaultstack-client", daemon=False
            )
            self._thread.start()

    @property
    def running(self) -> bool:
        return self._thread is not None

    def let_go(self) -> None:
        """End the thread when it is done with what it does."""
        with self._wake:
            self._ending = True
            self._wake.notify_all()

    def stop(self) -> None:
        """End the thread; returns when it has ended, unless it is the caller. It may be in a
        callback of the application's that does not come back, for which nobody waits for ever.
        """
        self.let_go()
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(self._timing.deadline.total_seconds())
            if thread.is_alive():
                _log.error(
                    "a callback has not come back: the background is left behind, and like any "
                    "thread keeps this process from ending until it does"
                )

    def _run(self, store: Store) -> None:
        while not self._ending:
            try:
                self._round(store)
            except ClientClosed:
                return
            self._tell()
            self._sleep(max(self._due(store), self._clock.now().steady + _LEAST))
            if not threading.main_thread().is_alive():
                return

    def _sleep(self, until: float) -> None:
        with self._wake:
            while not (self._ending or self._woken) and threading.main_thread().is_alive():
                left = until - self._clock.now().steady
                if left <= 0:
                    break
                self._wake.wait(min(left, _LOOK))
            self._woken = False

    def _round(self, store: Store) -> None:
        """Look after everything that is due, the token first: the rest hangs on it."""
        store.cache.forget_ended(self._clock.now())
        self._try(store, "token", self._keep_token)
        for question, entry in store.cache.items():
            now = self._clock.now()
            if self._ending:
                return
            if (
                entry.is_due(now)
                and store.is_wanted(question, entry)
                and not store.outages.waiting(question, now)
            ):
                self._look_after(store, question, entry)
        for question, watch in list(self._watches.items()):
            if self._is_missing(store, question, watch):
                self._look_for(store, question, watch)

    def _look_after(self, store: Store, question: Question[Any], entry: Any) -> None:
        deadline = self._deadline()
        self._try(store, question, lambda: store.look_after(question, entry, deadline))

    def _look_for(self, store: Store, question: Question[Any], watch: Watch) -> None:
        """What is watched and not in the cache: a secret not asked for yet, or what was denied."""
        deadline = self._deadline()
        watch.try_again = self._clock.now().steady + self._timing.check_every.total_seconds()
        self._try(store, question, lambda: store.ask(question, deadline))

    def _is_missing(self, store: Store, question: Question[Any], watch: Watch) -> bool:
        now = self._clock.now()
        return (
            (watch.asked or not question.perishable)
            and not self._ending
            and store.cache.peek(question) is None
            and now.steady >= watch.try_again
            and not store.outages.waiting(question, now)
        )

    def _keep_token(self) -> None:
        self._session.keep(self._deadline())
        now = self._clock.now().steady
        if now - self._checked >= self._timing.check_every.total_seconds():
            self._checked = now
            # An operator may have ended it, and with it the credentials that are given out.
            self._session.verify(self._deadline())

    def _try(self, store: Store, key: Any, do: Callable[[], object]) -> None:
        try:
            do()
        except ClientClosed:
            raise
        except VaultClientError as error:
            store.note(key, error)
            _log.warning("%s", error)
        except Exception as error:  # noqa: BLE001 - or one fault would end all renewals
            store.note(key, VaultClientError(f"the background failed: {type(error).__name__}"))
            _log.error("the background failed: %s", type(error).__name__)
        else:
            store.solved(key)

    def _due(self, store: Store) -> float:
        """When, on the steady clock, there is something to do."""
        now = self._clock.now()
        moments = [self._checked + self._timing.check_every.total_seconds(), self._session.due()]
        for question, entry in store.cache.items():
            if store.is_wanted(question, entry):
                at = now.steady if entry.is_due(now) else entry.refresh_at
                moments.append(max(at, store.outages.again_at(question)))
        for question, watch in list(self._watches.items()):
            unasked = question.perishable and not watch.asked
            if not unasked and store.cache.peek(question) is None:
                moments.append(max(watch.try_again, store.outages.again_at(question)))
        return min(moments)

    def _tell(self) -> None:
        while self._news and not self._ending:
            callback, question, value = self._news.popleft()
            try:
                callback(value)
            except Exception as error:  # noqa: BLE001 - whatever the application's code raises
                # Not its text, which may hold what it was given.
                _log.error(
                    "the callback for %s failed with %s", question.what, type(error).__name__
                )

    def _deadline(self) -> Deadline:
        return Deadline.within(self._clock, self._timing.deadline.total_seconds())
