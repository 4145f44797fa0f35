from __future__ import annotations

from migration.moving.places import Seen, Status


def test_only_what_is_not_there_is_written() -> None:
    statuses = {"a": Status.THERE, "b": Status.NEW, "c": Status.DIFFERS, "d": Status.UNREADABLE}
    assert Seen("1", statuses).to_write == {"b", "c", "d"}
