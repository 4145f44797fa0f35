from __future__ import annotations

from rehearsal.delivery.measure import Series


def test_a_row_is_the_least_the_median_and_the_most() -> None:
    assert Series("x", "ms", [30.4, 10, 20]).row == ("x", "3", "10", "20", "30", "ms")
    assert Series("y", "MiB", [1, 2]).row == ("y", "2", "1", "2", "2", "MiB")
