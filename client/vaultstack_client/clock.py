"""Two clocks. Ages are told by one that only moves forward and, where the system has such a one,
goes on while the machine sleeps; the wall clock is for showing, and to notice a sleep that the
other one missed.

The wall clock can jump. An end that must not be passed is kept on both clocks and has come when it
has on either: a jump forward costs at most one needless renewal, a jump back changes nothing.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol


@dataclass(frozen=True, slots=True)
class Instant:
    """One moment on both clocks, in seconds."""

    steady: float
    wall: float


@dataclass(frozen=True, slots=True)
class End:
    """When something ends, in seconds on both clocks."""

    steady: float
    wall: float

    @classmethod
    def after(cls, start: Instant, seconds: float) -> End:
        return cls(start.steady + seconds, start.wall + seconds)

    @classmethod
    def of_age(cls, start: Instant, seconds: float) -> End:
        """The end of what merely grows old, for which a jump of the wall clock means nothing."""
        return cls(start.steady + seconds, math.inf)

    def left(self, now: Instant) -> float:
        """Seconds, negative when it has passed."""
        return min(self.steady - now.steady, self.wall - now.wall)

    def earlier(self, other: End) -> End:
        return End(min(self.steady, other.steady), min(self.wall, other.wall))

    def shown(self, now: Instant) -> datetime | None:
        """For people; none where it never ends."""
        left = self.left(now)
        if math.isinf(left):
            return None
        return datetime.fromtimestamp(now.wall, UTC) + timedelta(seconds=left)


NEVER: Final = End(math.inf, math.inf)


class Clock(Protocol):
    def now(self) -> Instant: ...


# Linux's CLOCK_MONOTONIC stands still while the machine sleeps, and leases do not.
_STEADY: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """This machine's clocks."""

    def now(self) -> Instant:
        return Instant(time.clock_gettime(_STEADY), time.time())


@dataclass(frozen=True, slots=True)
class Deadline:
    """Until when a call may take."""

    clock: Clock
    at: float
    """On the steady clock."""
    seconds: float
    """What was granted, for messages."""

    @classmethod
    def within(cls, clock: Clock, seconds: float) -> Deadline:
        return cls(clock, clock.now().steady + seconds, seconds)

    @property
    def left(self) -> float:
        """Seconds, never negative."""
        return max(0.0, self.at - self.clock.now().steady)
