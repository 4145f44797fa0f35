"""Settings of telemetry for tests, built by hand."""

from __future__ import annotations

from typing import Final

from components.settings import TelemetrySettings
from policies.lifetime import Duration

TELEMETRY: Final = TelemetrySettings(
    prometheus_namespace="monitoring",
    prometheus_pod_labels={"app.kubernetes.io/name": "prometheus"},
    selected_by={"release": "prometheus"},
    interval=Duration.parse("30s"),
    usage_interval=Duration.parse("10m"),
    runbooks="https://docs.example.com/runbooks",
    dashboard_labels={"grafana_dashboard": "1"},
)
