"""What an application noted down of its calls, and what that comes to. Pure.

Times are seconds of the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Call(StrEnum):
    SECRET = "secret"
    """A secret, asked of the client."""
    SQL = "sql"
    """A statement in PostgreSQL, run with the credentials that the client has given."""
    PLAIN = "plain"
    """A secret, asked of Vault each time by hvac alone, as in the decision record."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One call of the application's."""

    call: Call
    ended: float
    seconds: float
    error: str = ""
    """Why it failed; empty where it succeeded. Never a value."""
    stale: bool = False
    """Of a secret: served although Vault could not be asked whether it is the newest."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Of the calls that succeeded, in seconds."""

    median: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, samples: Iterable[Sample]) -> Latency | None:
        """None where no call succeeded."""
        taken = sorted(sample.seconds for sample in samples if not sample.error)
        if not taken:
            return None
        median, p95, p99 = (_quantile(taken, share) for share in (0.5, 0.95, 0.99))
        return cls(median, p95, p99, taken[-1])


@dataclass(frozen=True, slots=True)
class Calls:
    """All calls of one kind."""

    made: int
    failed: int
    stale: int
    errors: Mapping[str, int]
    """Why -> how many, most frequent first."""
    latency: Latency | None

    @classmethod
    def of(cls, samples: Sequence[Sample], call: Call) -> Calls:
        own = [sample for sample in samples if sample.call is call]
        errors = Counter(sample.error for sample in own if sample.error)
        return cls(
            made=len(own),
            failed=errors.total(),
            stale=sum(sample.stale for sample in own),
            errors=dict(errors.most_common()),
            latency=Latency.of(own),
        )


def recovered(samples: Iterable[Sample], since: float) -> float:
    """Seconds from `since` until the last call that failed or was served stale; 0 where all was
    well from then on. What comes later is as it was before the event.
    """
    bad = (s.ended for s in samples if s.call is not Call.PLAIN and (s.error or s.stale))
    return max(0.0, max(bad, default=since) - since)


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of all does not exceed."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
