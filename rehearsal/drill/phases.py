"""Where the time of a hand-over goes, from the servers' logs. Pure.

A crash: nobody knows, until a follower's heartbeat timer has run out and it starts an election; it
must be elected, by voters who still believe in the old leader for as long as their own timers say;
then Vault takes Raft's lock and sets itself up. A planned hand-over begins with the old leader's
teardown instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, unique
from typing import Final

from rehearsal.drill.server_log import Entry

_NOTICED: Final = "heartbeat timeout reached, starting election"
_LET_GO: Final = "pre-seal teardown complete"
_ELECTED: Final = "election won"
_LOCKED: Final = "acquired lock, enabling active operation"
_ACTIVE: Final = "post-unseal setup complete"
_REFUSED: Final = ("rejecting pre-vote request", "rejecting vote request")
_REPEATED: Final = "Election timeout reached, restarting election"


@unique
class HandOver(Enum):
    """How the old leader goes, and with what the new one's story begins."""

    CRASH = _NOTICED
    PLANNED = _LET_GO


@dataclass(frozen=True, slots=True)
class Phases:
    """Seconds, one after the other; together they last from the event to the first answer."""

    notice: float
    """Until a follower noticed (crash), or the old leader had let go (planned)."""
    election: float
    lock: float
    """Until Vault held Raft's lock."""
    setup: float
    """Vault's own work after that: mounts, leases, KMS."""
    answer: float
    """Until a client had its first answer."""
    refused: int
    """Votes refused: the voter still knew a leader, or its own log was longer."""
    repeated: int
    """Elections that timed out: refused by all, or votes split."""


def phases(
    entries: Sequence[Entry], hand_over: HandOver, struck: float, first_answer: float
) -> Phases | None:
    """None where the logs show no such hand-over, in order of time. Times since the epoch."""
    after = [entry for entry in entries if entry.at >= struck]
    active = _first(after, lambda entry: entry.message == _ACTIVE)
    if active is None:
        return None
    before = [entry for entry in after if entry.at <= active.at]
    own = [entry for entry in before if entry.server == active.server]
    elected = _first(own[::-1], lambda entry: entry.message == _ELECTED)
    locked = _first(own[::-1], lambda entry: entry.message == _LOCKED)
    began = _first(before, lambda entry: entry.message.startswith(hand_over.value))
    if elected is None or locked is None or began is None or began.at > elected.at:
        return None
    until_elected = [entry.message for entry in before if entry.at <= elected.at]
    return Phases(
        notice=began.at - struck,
        election=elected.at - began.at,
        lock=locked.at - elected.at,
        setup=active.at - locked.at,
        answer=first_answer - active.at,
        refused=sum(message.startswith(_REFUSED) for message in until_elected),
        repeated=until_elected.count(_REPEATED),
    )


def _first(entries: Sequence[Entry], wanted: Callable[[Entry], bool]) -> Entry | None:
    return next((entry for entry in entries if wanted(entry)), None)
