"""One rolling change at a time: a Lease in the servers' namespace, as each scheduled job has one.

It also remembers, across runs, which lives of which pods a restart is to end: a restart that is
stopped in the middle and run again does not begin anew.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from upkeep.errors import UpkeepError
from upkeep.rolling.cluster import Kubernetes
from upkeep.rolling.driver import AwayError
from upkeep.rolling.plan import Marked
from vaultstack_jobs.clock import Clock
from vaultstack_jobs.cluster import ClusterError, ClusterUnavailableError
from vaultstack_jobs.log import Log
from vaultstack_jobs.outcomes import JobError
from vaultstack_jobs.strict import LeasePart
from vaultstack_jobs.turn import PENDING, Patience, Turn

LEASE: Final = "vault-roll"
HEARD_OF_WITHIN_SECONDS: Final = 60
_RESTART: Final = "restart"


@dataclass(frozen=True, slots=True)
class Peeked:
    """What the Lease says, to one who does not hold it."""

    holder: str = ""
    marked: Marked | None = None
    """What an unfinished restart is still to end; None where there is none."""


def peek(cluster: Kubernetes, namespace: str) -> Peeked:
    """Raises `UpkeepError`."""
    try:
        lease = cluster.find_lease(namespace, LEASE)
    except ClusterError as error:
        raise UpkeepError(f"{error}; fix: docs/rolling.md lists the rights it takes") from None
    if lease is None:
        return Peeked()
    holder = str((lease.get("spec") or {}).get("holderIdentity") or "")
    text = (lease["metadata"].get("annotations") or {}).get(PENDING)
    try:
        return Peeked(holder, _marked(json.loads(text)) if text else None)
    except (ValueError, AttributeError):
        raise UpkeepError(
            f"Lease {namespace}/{LEASE}: the annotation {PENDING} must be as this command wrote "
            "it; fix: remove the annotation, which forgets an unfinished restart"
        ) from None


class Held:
    """The Lease, while this run has it."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    @property
    def marked(self) -> Marked | None:
        """What an unfinished restart is still to end; None where there is none."""
        with _translated():
            pending = self._turn.pending
        return None if pending is None else _marked(pending)

    def hold(self) -> None:
        """Show that this run lives. Raises `UpkeepError` where another took over, `AwayError` where
        the API cannot be asked.
        """
        with _translated():
            self._turn.hold()

    def mark(self, marked: Marked) -> None:
        """Remember what a restart is to end."""
        with _translated():
            self._turn.remember({_RESTART: dict(marked)})

    def forget(self) -> None:
        """The restart is done, or given up."""
        with _translated():
            if self._turn.pending is not None:
                self._turn.forget()


@contextmanager
def taken(
    cluster: Kubernetes,
    namespace: str,
    identity: str,
    clock: Clock,
    heard_of_within_seconds: int = HEARD_OF_WITHIN_SECONDS,
) -> Iterator[Held]:
    """The turn, for as long as the block runs. Who finds it taken watches whether the holder lives,
    for as long as that promised to be heard of. Raises `UpkeepError` where it does.
    """
    turn = _turn(cluster, namespace, identity, clock, heard_of_within_seconds)
    with _translated():
        if cluster.find_lease(namespace, LEASE) is None:
            cluster.make_lease(namespace, LEASE)
        turn.take()
    try:
        yield Held(turn)
    finally:
        turn.give_back()


def _turn(cluster: Kubernetes, namespace: str, identity: str, clock: Clock, seconds: int) -> Turn:
    # What it would log, the command shows.
    log = Log("roll", clock, io.StringIO())
    return Turn(cluster, LeasePart(namespace, LEASE), identity, clock, log, Patience(seconds))


def _marked(pending: Mapping[str, Any]) -> Marked:
    return {str(pod): str(uid) for pod, uid in pending.get(_RESTART, {}).items()}


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClusterUnavailableError as error:
        raise AwayError(str(error)) from None
    except (ClusterError, JobError) as error:
        raise UpkeepError(f"{error} (Lease {LEASE}: one rolling change at a time)") from None
