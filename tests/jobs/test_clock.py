"""`vaultstack_jobs.clock`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from vaultstack_jobs.clock import Clock, from_text, to_text


def test_times_are_written_in_utc_to_the_second() -> None:
    east = timezone(timedelta(hours=2))
    assert to_text(datetime(2026, 1, 31, 5, 0, 0, 999999, east)) == "2026-01-31T03:00:00Z"


@pytest.mark.parametrize(
    "text",
    ["2026-01-31T03:00:00Z", "2026-01-31T05:00:00+02:00", "2026-01-31T03:00:00.000000000Z"],
)
def test_times_are_read_however_they_are_written(text: str) -> None:
    assert from_text(text) == datetime(2026, 1, 31, 3, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        from_text("2026-01-31T03:00:00")


def test_the_clock_runs() -> None:
    clock = Clock()
    before, began = clock.now(), clock.monotonic()
    clock.sleep(0.001)
    assert clock.now() > before
    assert clock.monotonic() > began
    assert before.tzinfo is UTC
