"""What vulture says, and that it said something."""

from __future__ import annotations

import pytest

from supply import dead_code
from supply.step import CannotAudit, Outcome


def test_each_definition_is_told() -> None:
    answer = dead_code.judged(3, "a.py:1: unused function 'b' (60% confidence)\n", "")
    assert answer.outcome is Outcome.FOUND
    assert answer.findings == ("a.py:1: unused function 'b' (60% confidence); remove it",)


def test_nothing_is_clean() -> None:
    assert dead_code.judged(0, "", "").outcome is Outcome.CLEAN


@pytest.mark.parametrize("status", [1, 2, -9])
def test_a_run_that_failed_found_nothing_out(status: int) -> None:
    with pytest.raises(CannotAudit, match="Error: policies could not be found"):
        dead_code.judged(status, "", "Error: policies could not be found")
