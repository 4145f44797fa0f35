"""Where a metric is used: whoever finds that Vault has it no more must know what stops working."""

from __future__ import annotations

from components.operations.telemetry.alerts.rules import ALERTS
from components.operations.telemetry.dashboard.document import uses
from components.operations.telemetry.metric import Metric
from components.operations.telemetry.wishes import WISHES


def used_by(metric: Metric) -> tuple[str, ...]:
    """Alerts, the dashboard's panels, and the decision record's names that it answers."""
    alerts = dict.fromkeys(alert.name for alert in ALERTS if metric in alert.metrics)
    return (
        *(f"alert {name}" for name in alerts),
        *(f"panel {title!r}" for title in uses(metric)),
        *(f"answer to {wish.name}" for wish in WISHES if metric in wish.answered_by),
    )
