from __future__ import annotations

from migration.errors import STOPPED, CannotScan, Conflict, MigrationError


def test_the_statuses_of_errors_are_no_answers() -> None:
    assert STOPPED not in {0, 1, 2}


def test_all_of_them_are_shown_without_a_traceback() -> None:
    assert issubclass(CannotScan, MigrationError)
    assert issubclass(Conflict, MigrationError)
