"""What is looked at when Vault does not serve as it should."""

from __future__ import annotations

from typing import Final

import pytest

from components.operations.telemetry.dashboard import inside
from components.operations.telemetry.dashboard.panels import Panel, Unit
from components.operations.telemetry.metric import Metric, Server
from components.operations.telemetry.metric import Unit as MetricUnit
from components.operations.telemetry.metrics import METRICS

ROWS: Final = (inside.LEASES, inside.RAFT, inside.AUDIT, inside.SEAL, inside.RUNTIME)
PANELS: Final = [panel for row in ROWS for panel in row.panels]
BY_NAME: Final = {name: metric for metric in METRICS for name in metric.series}
SHOWN_AS: Final = {
    MetricUnit.MILLISECONDS: Unit.MILLISECONDS,
    MetricUnit.NANOSECONDS: Unit.NANOSECONDS,
    MetricUnit.BYTES: Unit.BYTES,
}


def metrics_of(panel: Panel) -> list[tuple[str, Metric]]:
    return [
        (query.expression, metric)
        for query in panel.queries
        for name, metric in BY_NAME.items()
        if f"{name}{{" in query.expression and metric.name != "vault_core_active"
    ]


def test_each_row_is_of_one_thing() -> None:
    assert [row.title for row in ROWS] == [
        "Leases and tokens",
        "Raft and storage",
        "Audit",
        "Seal and KMS",
        "Process",
    ]


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_measure_is_shown_in_its_own_unit(panel: Panel) -> None:
    """And what is counted, as a count."""
    for expression, metric in metrics_of(panel):
        counted = any(word in expression for word in ("rate(", "clamp_min(", "offset"))
        expected = None if counted else SHOWN_AS.get(metric.unit)
        assert expected in (None, panel.unit), (panel.title, metric.name)
        if counted:
            assert panel.unit in (Unit.COUNT, Unit.PER_SECOND, Unit.REQUESTS_PER_SECOND)


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title)
def test_a_gauge_of_the_leaders_alone_is_asked_of_the_leader(panel: Panel) -> None:
    """One that no longer leads still shows it, as it was then."""
    for expression, metric in metrics_of(panel):
        if metric.server is Server.ACTIVE and metric.kind == "gauge":
            assert "and on (namespace, pod)" in expression
