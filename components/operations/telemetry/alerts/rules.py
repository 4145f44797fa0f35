"""All alerts, and the rules of one deployment as Prometheus takes them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from components.operations.telemetry.alerts import access, health, speed, upkeep
from components.operations.telemetry.alerts.alert import Alert, Watched

GROUPS: Final[Mapping[str, tuple[Alert, ...]]] = {
    "vault-health": health.ALERTS,
    "vault-speed": speed.ALERTS,
    "vault-access": access.ALERTS,
    "vault-upkeep": upkeep.ALERTS,
}
ALERTS: Final = tuple(alert for alerts in GROUPS.values() for alert in alerts)


def rules(watched: Watched) -> dict[str, Any]:
    """The content of a PrometheusRule, and of a rule file: without what cannot happen there."""
    return {
        "groups": [
            {
                "name": name,
                "rules": [alert.rule(watched) for alert in alerts if alert.concerns(watched)],
            }
            for name, alerts in GROUPS.items()
        ]
    }
