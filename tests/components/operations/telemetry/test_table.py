"""The tables of docs/telemetry.md."""

from __future__ import annotations

from pathlib import Path

from components.operations.telemetry.alerts.rules import ALERTS
from components.operations.telemetry.metrics import METRICS
from components.operations.telemetry.table import BEGIN, END, tables

PAGE = Path(__file__).resolve().parents[4] / "docs" / "telemetry.md"


def test_the_page_has_them_as_they_are_now() -> None:
    """If not: write what `python -m components.operations.telemetry.table` prints there."""
    between = PAGE.read_text().partition(BEGIN)[2].partition(END)[0]
    assert between.strip() == tables()


def test_every_metric_and_alert_is_in_them() -> None:
    text = tables()
    assert all(f"`{metric.name}`" in text for metric in METRICS)
    assert all(f"(runbooks/{alert.name}.md)" in text for alert in ALERTS)
