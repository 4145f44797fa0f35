"""Values, as Grafana writes them."""

from __future__ import annotations

import math

import pytest

from components.operations.telemetry.dashboard.panels import Unit
from rehearsal.dashboard.units import KNOWN, written
from rehearsal.errors import RehearsalError


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (3, "short", "3"),
        (0, "short", "0"),
        (1234, "short", "1.23 K"),
        (2_500_000, "short", "2.5 Mil"),
        (0.25, "short", "0.25"),
        (12.5, "reqps", "12.5 req/s"),
        (1500, "ops", "1.5 K ops/s"),
        (0, "ms", "0 ms"),
        (0.25, "ms", "250 µs"),
        (20, "ms", "20 ms"),
        (1500, "ms", "1.5 s"),
        (120_000, "ms", "2 min"),
        (350_000, "ns", "350 µs"),
        (128 * 2**20, "bytes", "128 MiB"),
        (math.nan, "short", ""),
    ],
)
def test_a_value_is_written_with_its_unit(value: float, unit: str, text: str) -> None:
    assert written(value, unit) == text


def test_every_unit_of_the_dashboard_is_known() -> None:
    assert {unit.value for unit in Unit} == KNOWN


def test_another_is_refused() -> None:
    with pytest.raises(RehearsalError, match="the unit volt is not drawn"):
        written(1, "volt")
