"""Destroying keeps the engine's rules: what is protected stops it before anything, what is retained
or goes along with another is left alone, and nothing loses what it depends on.
"""

from __future__ import annotations

import pytest

from rehearsal.destroy.run import ProtectedError, delete_all
from rehearsal.errors import RehearsalError
from rehearsal.ledger import Entry


def entry(name: str, *, protect: bool = False, retain: bool = False, with_: str = "") -> Entry:
    return Entry(f"urn::{name}", "a:b:C", name, name, {}, "", protect, retain, with_)


class Deleting:
    def __init__(self, *failing: str) -> None:
        self.deleted: list[str] = []
        self._failing = failing

    def __call__(self, one: Entry) -> None:
        if one.name in self._failing:
            raise RehearsalError("the server is on fire")
        self.deleted.append(one.name)


def test_what_was_made_last_goes_first() -> None:
    delete = Deleting()
    delete_all([entry("mount"), entry("role"), entry("binding")], delete)
    assert delete.deleted == ["binding", "role", "mount"]


def test_what_is_protected_stops_it_before_anything() -> None:
    delete = Deleting()
    entries = [entry("keys", protect=True), entry("role"), entry("data", protect=True)]
    with pytest.raises(ProtectedError, match=r"^2 resources .*nothing was deleted: data, keys;"):
        delete_all(entries, delete)
    assert delete.deleted == []


def test_what_is_retained_or_goes_along_is_left_alone() -> None:
    delete = Deleting()
    entries = [
        entry("servers"),
        entry("role", with_="urn::servers"),
        entry("lease", with_="urn::somebody-elses"),
        entry("record", retain=True),
    ]
    delete_all(entries, delete)
    assert delete.deleted == ["lease", "servers"]


def test_a_deletion_that_fails_is_said_with_its_name() -> None:
    delete = Deleting("role")
    with pytest.raises(RehearsalError, match=r"^a:b:C role: the server is on fire$"):
        delete_all([entry("mount"), entry("role"), entry("binding")], delete)
    assert delete.deleted == ["binding"]
