"""A known vulnerability is told unless it is accepted, with a reason, and for now."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from supply import accepted
from supply.accepted import Advisory, Entry
from supply.pins import Pin
from supply.step import CannotAudit

TODAY = date(2026, 11, 22)
ONE = Advisory(Pin("requests", "2.1"), "GHSA-1", "2.2", frozenset({"CVE-2026-1"}))
ENTRY = Entry("GHSA-1", "requests", TODAY, "nothing here follows redirects")


def test_what_is_not_accepted_is_told_with_the_fix() -> None:
    (told,) = accepted.unaccepted([ONE], [], TODAY)
    assert told == "requests 2.1: GHSA-1 (fixed in 2.2)"
    (told,) = accepted.unaccepted([Advisory(ONE.pin, "GHSA-2")], [], TODAY)
    assert "no fixed version is known" in told


@pytest.mark.parametrize("id_", ["GHSA-1", "CVE-2026-1"])
def test_an_entry_holds_to_its_last_day_by_any_of_the_names(id_: str) -> None:
    entry = Entry(id_, "requests", TODAY, "why")
    assert accepted.unaccepted([ONE], [entry], TODAY) == ()
    (told,) = accepted.unaccepted([ONE], [entry], TODAY + timedelta(days=1))
    assert told.endswith("it was accepted until 2026-11-22")


def test_an_entry_is_for_half_a_year_at_most() -> None:
    longest = TODAY + accepted.LONGEST
    assert accepted.unaccepted([ONE], [Entry("GHSA-1", "requests", longest, "why")], TODAY) == ()
    told = accepted.unaccepted([ONE], [Entry("GHSA-1", "requests", date.max, "why")], TODAY)
    assert len(told) == 2
    assert "GHSA-1 is accepted until 9999-12-31, which is for good" in told[1]


def test_an_entry_is_of_one_package() -> None:
    other = Advisory(Pin("urllib3", "2.1"), "GHSA-1")
    (told,) = accepted.unaccepted([ONE, other], [ENTRY], TODAY)
    assert told.startswith("urllib3 2.1")


def test_an_entry_that_fits_nothing_is_told() -> None:
    (told,) = accepted.unaccepted([], [ENTRY], TODAY)
    assert told == "accepted.toml: GHSA-1 fits requests no more; remove it"


def test_the_list_of_this_repository_can_be_read() -> None:
    assert isinstance(accepted.read(), tuple)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[accepted]]\nid = "a"\nname = "b"\nuntil = 2026-01-01\nreason = " "', "reason"),
        ('[[accepted]]\nid = "a"\nname = "b"\nreason = "c"', "until"),
        ('[[acepted]]\nid = "a"', "acepted"),
    ],
)
def test_a_list_that_says_too_little_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "accepted.toml"
    file.write_text(text)
    with pytest.raises(CannotAudit, match=says):
        accepted.read(file)
