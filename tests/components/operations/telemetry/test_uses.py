"""Where a metric is used."""

from __future__ import annotations

import pytest

from components.operations.telemetry import metrics, others
from components.operations.telemetry.metric import Metric
from components.operations.telemetry.uses import used_by


def test_alerts_panels_and_answers_are_told() -> None:
    said = used_by(metrics.UNSEALED)
    assert said.count("alert VaultSealed") == 1
    assert any(one.startswith("panel ") for one in said)
    assert "answer to vault_core_unsealed" in said


@pytest.mark.parametrize(
    "metric", [*metrics.METRICS, *others.OTHERS], ids=lambda metric: metric.name
)
def test_nothing_is_in_the_tables_that_nobody_uses(metric: Metric) -> None:
    assert used_by(metric)
