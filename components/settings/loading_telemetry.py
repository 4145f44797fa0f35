"""Reads and validates what is measured of the deployed servers, and by whom: the part of `loading`
that is about telemetry.
"""

from __future__ import annotations

import re
from typing import Final

from components.settings.deployment import DeploymentSettings
from components.settings.loading_parts import LABEL
from components.settings.reader import NAMESPACE, ConfigReader, Rules
from components.settings.telemetry import TelemetrySettings
from policies.lifetime import Duration

_SET: Final = f"pulumi config set {NAMESPACE}"
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?")
_LABEL_KEY: Final = re.compile(
    r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
)
_LONGEST: Final = Duration.parse("2m")


def read_telemetry(
    read: ConfigReader, deployment: DeploymentSettings | None
) -> TelemetrySettings | None:
    """None where nobody fetches metrics, or no servers are deployed; the keys are read all the
    same.
    """
    on = read.flag("metrics") and deployment is not None
    rules = Rules(read, hold=on)
    settings = TelemetrySettings(
        prometheus_namespace=_namespace(rules),
        prometheus_pod_labels=_labels(rules, "prometheusPodLabels"),
        selected_by=_labels(rules, "prometheusSelector"),
        interval=_interval(rules),
        usage_interval=read.duration("metricsUsageInterval"),
        runbooks=read.url("runbookUrl"),
        dashboard_labels=_labels(rules, "grafanaLabels"),
    )
    if not settings.prometheus_pod_labels and read.sound("prometheusPodLabels"):
        rules.problem(
            "prometheusPodLabels",
            "is needed: without labels every pod of Prometheus' namespace could read the metrics",
            "write the labels of its pods as `kubectl get pods --show-labels` shows them",
        )
    if not settings.runbooks and read.sound("runbookUrl"):
        rules.problem(
            "runbookUrl",
            "is needed: whom an alert wakes must find what to do",
            f"{_SET}:runbookUrl <URL of the folder that docs/runbooks is published as>",
        )
    return settings if on else None


def _namespace(rules: Rules) -> str:
    namespace = rules.read.text("prometheusNamespace")
    if not LABEL.fullmatch(namespace):
        rules.problem(
            "prometheusNamespace",
            f"must be the namespace in which Prometheus runs, is {namespace!r}",
            f"{_SET}:prometheusNamespace monitoring",
        )
    return namespace


def _interval(rules: Rules) -> Duration:
    interval = rules.read.duration("metricsInterval")
    if interval > _LONGEST and rules.read.sound("metricsInterval"):
        rules.problem(
            "metricsInterval",
            f"must be at most {_LONGEST}, is {interval}: Prometheus forgets what it was last told "
            "after five minutes, and the alerts look at five",
            f"{_SET}:metricsInterval 30s",
        )
    return interval


def _labels(rules: Rules, key: str) -> dict[str, str]:
    labels = dict(rules.read.mapping(key))
    for name, value in labels.items():
        if not _LABEL_KEY.fullmatch(name) or not _LABEL_VALUE.fullmatch(value):
            rules.problem(
                key,
                f"must be labels as Kubernetes knows them, holds {name!r}: {value!r}",
                "write such as {app.kubernetes.io/name: prometheus}",
            )
    return labels
