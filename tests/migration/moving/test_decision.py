from __future__ import annotations

import pytest

from migration.moving.decision import obstacles
from migration.moving.places import Seen, Status
from policies.resources import KvEntry

ENTRY = KvEntry.given("shop/mail", "user", "password")
THERE, NEW, DIFFERS, UNREADABLE = Status


def in_the_way(seen: Seen, replace: str | None = None) -> str:
    return "\n".join(obstacles(ENTRY, seen, replace))


def test_what_is_there_already_needs_nothing() -> None:
    assert in_the_way(Seen("3", {"user": THERE, "password": THERE})) == ""
    assert in_the_way(Seen("3", {"user": THERE}), replace="1") == ""


def test_a_new_entry_is_written_whole() -> None:
    assert in_the_way(Seen("", {"user": NEW, "password": NEW})) == ""
    assert in_the_way(Seen("", {"user": NEW})) == (
        "shop/mail: is written whole, as it is not there yet; map password, too"
    )


def test_a_new_key_beside_others_overwrites_nothing() -> None:
    assert in_the_way(Seen("3", {"user": NEW}, frozenset({"password"}))) == ""


@pytest.mark.parametrize("status", [DIFFERS, UNREADABLE])
def test_what_is_there_is_overwritten_only_at_the_version_that_was_seen(status: Status) -> None:
    seen = Seen("3", {"password": status}, frozenset({"user"}))
    assert in_the_way(seen) == (
        "shop/mail: password would be overwritten; where that is wanted, write "
        "--replace shop/mail=3"
    )
    assert in_the_way(seen, replace="3") == ""
    assert "--replace names version 2, and there is version 3" in in_the_way(seen, replace="2")


def test_there_is_nothing_to_replace() -> None:
    seen = Seen("", {"user": NEW, "password": NEW})
    assert "--replace names version 2, and there is nothing" in in_the_way(seen, replace="2")


def test_a_deleted_entry_is_written_anew_only_when_asked_and_whole() -> None:
    whole = Seen("3", {"user": NEW, "password": NEW}, deleted=True)
    assert "its last version, 3, was deleted; undelete it" in in_the_way(whole)
    assert in_the_way(whole, replace="3") == ""
    part = Seen("3", {"user": NEW}, deleted=True)
    assert "is written whole" in in_the_way(part, replace="3")
