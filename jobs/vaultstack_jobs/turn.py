"""Whose turn it is, and what was done when: both on the rotation's Lease.

One run at a time: a run takes the Lease, shows that it lives by renewing it, and gives it back. Who
finds it taken watches for as long as the holder promised to be heard of: a holder that is heard of
is left alone, a silent one has crashed. No clocks are compared, so they may differ.

The record is three annotations: when the rotation was last done, when it was last rolled back, and
what is pending. What is pending is written before anything is changed, so that the next run knows
what a crashed one was at. It holds version numbers and names, never a value.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from vaultstack_jobs.clock import Clock, from_text, to_text
from vaultstack_jobs.cluster import Cluster, ClusterConflictError, ClusterError, Json
from vaultstack_jobs.log import Log
from vaultstack_jobs.outcomes import FailedError, HalfWayError, JobError, LostError
from vaultstack_jobs.strict import LeasePart

_PREFIX: Final = "rotation.vaultstack/"
DONE_AT: Final = f"{_PREFIX}done-at"
ROLLED_BACK_AT: Final = f"{_PREFIX}rolled-back-at"
PENDING: Final = f"{_PREFIX}pending"
MEMORY: Final = f"{_PREFIX}memory"

_HEARD_OF_WITHIN_SECONDS: Final = 60
_LOOK_EVERY_SECONDS: Final = 1.0

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Patience:
    """How soon a silent holder counts as crashed. A holder renews three times as often."""

    seconds: int = _HEARD_OF_WITHIN_SECONDS


@dataclass
class Turn:
    """A Lease that this run holds. Not for several threads."""

    cluster: Cluster
    part: LeasePart
    identity: str
    clock: Clock
    log: Log
    patience: Patience = field(default_factory=Patience)
    _stored: Json = field(default_factory=dict, repr=False)
    _renewed: float = 0.0

    @property
    def done_at(self) -> datetime | None:
        return self._moment(DONE_AT)

    @property
    def rolled_back_at(self) -> datetime | None:
        return self._moment(ROLLED_BACK_AT)

    @property
    def pending(self) -> Facts | None:
        """What a run before this one, or this one, has begun and not ended."""
        return self._facts(PENDING)

    @property
    def memory(self) -> Facts:
        """What a task keeps from run to run."""
        return self._facts(MEMORY) or {}

    def take(self) -> None:
        """Raises `LostError` where another run has the turn."""
        self._stored = self._read()
        if self._holder:
            self._watch()
        before = self._holder
        spec = self._stored.get("spec") or {}
        try:
            self._write(
                {
                    "holderIdentity": self.identity,
                    "leaseDurationSeconds": self.patience.seconds,
                    "acquireTime": self._micro_time(),
                    "leaseTransitions": int(spec.get("leaseTransitions") or 0) + 1,
                }
            )
        except ClusterConflictError:
            self._stored = self._read()
            if self._holder != self.identity:  # else it was written, and the answer got lost
                raise LostError("another run was quicker; nothing was changed") from None
        if before:
            self.log.warning("took over", crashed=before)

    def hold(self) -> None:
        """Show that this run lives, unless it just did. To be called before each effect, and at
        least every few seconds. Raises `LostError` or `HalfWayError` where the turn was taken away.
        """
        if self.clock.monotonic() - self._renewed >= self.patience.seconds / 3:
            self._change({})

    def remember(self, pending: Facts) -> None:
        """Note what is about to be done, or what of it is."""
        self._change({PENDING: json.dumps(dict(pending))})

    def forget(self) -> None:
        """Nothing is pending: it was undone, or never happened."""
        self._change({PENDING: None})

    def keep(self, memory: Facts) -> None:
        self._change({MEMORY: json.dumps(dict(memory))})

    def done(self) -> None:
        now = to_text(self.clock.now())
        self._change({DONE_AT: now, ROLLED_BACK_AT: None, PENDING: None})

    def rolled_back(self) -> None:
        self._change({ROLLED_BACK_AT: to_text(self.clock.now()), PENDING: None})

    def give_back(self) -> None:
        """Let the next run begin at once. One that took the turn away keeps it."""
        with suppress(ClusterError, JobError):
            self._change({}, {"holderIdentity": ""})

    @property
    def _holder(self) -> str:
        return str((self._stored.get("spec") or {}).get("holderIdentity") or "")

    def _read(self) -> Json:
        return self.cluster.lease(self.part.namespace, self.part.name)

    def _watch(self) -> None:
        """Returns when the holder gave the Lease back, or was silent for too long."""
        seen, began = self._stored["spec"], self.clock.monotonic()
        seconds = int(seen.get("leaseDurationSeconds") or self.patience.seconds)
        while self.clock.monotonic() - began < seconds:
            self.clock.sleep(_LOOK_EVERY_SECONDS)
            self._stored = self._read()
            if not self._holder:
                return
            now = self._stored["spec"]
            if (now["holderIdentity"], now.get("renewTime")) != (
                seen["holderIdentity"],
                seen.get("renewTime"),
            ):
                raise LostError(f"{self._holder} is at it; nothing was changed")

    def _change(self, annotations: Mapping[str, str | None], spec: Facts | None = None, /) -> None:
        """Write, as long as the turn is this run's: others may change the Lease's labels, or our
        last write may have come through unheard.
        """
        for _ in range(3):
            if self._holder != self.identity:
                self._lost()
            try:
                self._write(spec or {}, annotations)
            except ClusterConflictError:
                self._stored = self._read()
            else:
                return
        raise FailedError(
            f"Lease {self.part.namespace}/{self.part.name} is changed all the time; find who "
            "else writes it"
        )

    def _lost(self) -> None:
        holder = self._holder or "nobody"
        if self.pending:
            raise HalfWayError(
                f"the turn went to {holder} while this run was not heard of for "
                f"{self.patience.seconds} s; the next run goes on from what is pending"
            )
        raise LostError(f"the turn went to {holder}; nothing is pending")

    def _write(self, spec: Facts, annotations: Mapping[str, str | None] | None = None) -> None:
        """Renewing comes with every write."""
        wanted = copy.deepcopy(self._stored)
        wanted["spec"] = {**(wanted.get("spec") or {}), "renewTime": self._micro_time(), **spec}
        kept = wanted["metadata"].setdefault("annotations", {})
        for name, text in (annotations or {}).items():
            if text is None:
                kept.pop(name, None)
            else:
                kept[name] = text
        started = self.clock.monotonic()
        self._stored = self.cluster.replace_lease(wanted)
        self._renewed = started

    def _micro_time(self) -> str:
        return self.clock.now().strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def _annotation(self, name: str) -> str | None:
        text = (self._stored["metadata"].get("annotations") or {}).get(name)
        return None if text is None else str(text)

    def _moment(self, name: str) -> datetime | None:
        text = self._annotation(name)
        try:
            return from_text(text) if text else None
        except ValueError as error:
            raise self._unreadable(name, "an RFC 3339 time") from error

    def _facts(self, name: str) -> Facts | None:
        text = self._annotation(name)
        try:
            facts = json.loads(text) if text else None
        except ValueError as error:
            raise self._unreadable(name, "a JSON object") from error
        if facts is not None and not isinstance(facts, dict):
            raise self._unreadable(name, "a JSON object")
        return facts

    def _unreadable(self, name: str, rule: str) -> FailedError:
        return FailedError(
            f"Lease {self.part.namespace}/{self.part.name}: the annotation {name} must be {rule}, "
            "as the job wrote it; fix: see what stands in Vault, then remove the annotation"
        )


@contextmanager
def taken(turn: Turn) -> Iterator[Turn]:
    """The turn, for as long as the block runs. Raises `LostError` where another run has it."""
    turn.take()
    try:
        yield turn
    finally:
        turn.give_back()
