from __future__ import annotations

from migration.errors import STOPPED, WRONG_USAGE, CannotScan, Conflict, MigrationError


def test_the_statuses_of_errors_are_no_answers() -> None:
    assert len({STOPPED, WRONG_USAGE, 0, 1}) == 4


def test_all_of_them_are_shown_without_a_traceback() -> None:
    assert issubclass(CannotScan, MigrationError)
    assert issubclass(Conflict, MigrationError)
