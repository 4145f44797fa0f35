"""`policies.lifetime`: time always has a unit, and no default outlives its maximum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.lifetime import Duration, Lifetime

SECONDS = st.integers(min_value=1, max_value=10**9)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h", 3600), ("1h30m", 5400), ("30d", 2_592_000), ("1h0m", 3600)],
)
def test_a_duration_is_numbers_with_units(text: str, seconds: int) -> None:
    assert Duration.parse(text) == Duration(seconds)


@pytest.mark.parametrize("text", ["", "60", "1 h", "1h ", "1.5h", "-1h", "1w", "h", "1H", "1h\n"])
def test_a_duration_without_a_unit_or_in_another_form_cannot_be_read(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"(?s)duration .*numbers with units s, m, h or d.*'1h30m'"
    ):
        Duration.parse(text)


def test_the_refused_duration_is_quoted() -> None:
    with pytest.raises(ValueError, match=r"^duration '3600':"):
        Duration.parse("3600")


@pytest.mark.parametrize("seconds", [0, -1])
def test_a_duration_of_nothing_cannot_be_written(seconds: int) -> None:
    with pytest.raises(
        ValueError, match=rf"duration {seconds}s: .*more than nothing; write .*'1h'"
    ):
        Duration(seconds)


def test_zero_hours_is_nothing_too() -> None:
    with pytest.raises(ValueError, match="more than nothing"):
        Duration.parse("0h")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59, "59s"), (60, "1m"), (3600, "1h"), (3661, "1h1m1s"), (3601, "1h1s"), (2_592_000, "720h")],
)
def test_a_duration_is_shown_as_vault_writes_it(seconds: int, text: str) -> None:
    assert str(Duration(seconds)) == text


@given(SECONDS)
def test_a_shown_duration_reads_back_as_itself(seconds: int) -> None:
    assert Duration.parse(str(Duration(seconds))) == Duration(seconds)


@given(SECONDS, SECONDS)
def test_durations_are_ordered_by_length_not_by_text(one: int, other: int) -> None:
    assert (Duration(one) < Duration(other)) == (one < other)
    assert (Duration(one) >= Duration(other)) == (one >= other)


@given(SECONDS, SECONDS)
def test_a_default_above_its_maximum_cannot_be_written(one: int, other: int) -> None:
    low, high = Duration(min(one, other)), Duration(max(one, other))
    assert Lifetime(low, high).maximum == high
    if low != high:
        with pytest.raises(
            ValueError,
            match=f"lifetime: the default {high} is above the maximum {low}; "
            "lower the default or raise the maximum",
        ):
            Lifetime(high, low)


def test_a_lifetime_shows_both_its_ends() -> None:
    assert str(Lifetime.of("1h", "1d")) == "1h, at most 24h"


def test_a_default_may_be_its_maximum() -> None:
    assert Lifetime.of("10m", "600s") == Lifetime(Duration(600), Duration(600))
