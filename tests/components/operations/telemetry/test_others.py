"""The table of other programs' metrics."""

from __future__ import annotations

from components.operations.telemetry.metric import Source
from components.operations.telemetry.metrics import METRICS
from components.operations.telemetry.others import OTHERS


def test_none_is_vaults() -> None:
    assert Source.VAULT not in {metric.source for metric in OTHERS}
    assert {one.name for one in OTHERS}.isdisjoint(one.name for one in METRICS)
