"""What is measured of the deployed servers, and who fetches it, as types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from policies.lifetime import Duration

_LEAST_RETENTION: Final = Duration.parse("30m")


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """Prometheus is run by prometheus-operator, in the cluster in which the servers are."""

    prometheus_namespace: str
    prometheus_pod_labels: Mapping[str, str]
    """Of Prometheus' own pods: nobody else reaches the servers' metrics."""
    selected_by: Mapping[str, str]
    """Labels by which that Prometheus takes up a ServiceMonitor and a PrometheusRule."""
    interval: Duration
    """Between two times that Prometheus asks."""
    usage_interval: Duration
    """Between two times that Vault counts its tokens and entries."""
    runbooks: str
    """URL of the folder with a page for each alert, without a trailing slash."""
    dashboard_labels: Mapping[str, str]
    """By which Grafana's sidecar finds the dashboard; empty: there is none."""

    @property
    def retention(self) -> Duration:
        """How long Vault remembers a metric that does not change. What is counted rarely, or asked
        of the KMS every ten minutes, must not be forgotten in between, even when a count that took
        long made Vault wait twice as long for the next.
        """
        return max(_LEAST_RETENTION, Duration(3 * self.usage_interval.seconds))
