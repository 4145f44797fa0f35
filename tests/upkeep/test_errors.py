from __future__ import annotations

from upkeep.errors import STOPPED


def test_the_status_of_a_stop_is_no_answer() -> None:
    assert STOPPED not in {0, 1, 2, 130}
