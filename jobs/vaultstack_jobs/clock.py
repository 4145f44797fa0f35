"""Time, as one object: tests put another in its place."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The machine's clocks. Waits and ages go by the monotonic one; the wall clock is for what
    other runs must read.
    """

    def now(self) -> datetime:
        """In UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def to_text(moment: datetime) -> str:
    """RFC 3339 in UTC, to the second: `2026-01-31T03:00:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def from_text(text: str) -> datetime:
    """The opposite, for any RFC 3339 time. Raises `ValueError`."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone; write one, such as ...T03:00:00Z")
    return moment.astimezone(UTC)
