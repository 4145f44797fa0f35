"""The few forms that the alerts' expressions are made of. Pure.

Vault forgets a metric that does not change, begins a counter with its first event, and leaves the
gauges of a server that no longer leads as they were for a while: here it is said once how to ask
all the same.
"""

from __future__ import annotations

from components.operations.telemetry.alerts.alert import Watched
from components.operations.telemetry.metric import Metric
from components.operations.telemetry.metrics import LEADS


def select(metric: Metric, watched: Watched, part: str = "", **labels: str) -> str:
    """A metric of the watched servers; `part`: `_sum` or `_count` of a summary. A label's value
    that begins with `~` is a pattern.
    """
    own = {"job": watched.job, "namespace": watched.namespace, **labels}
    return selector(f"{metric.name}{part}", own)


def selector(name: str, labels: dict[str, str]) -> str:
    matched = ",".join(
        f'{label}=~"{value[1:]}"' if value.startswith("~") else f'{label}="{value}"'
        for label, value in labels.items()
    )
    return f"{name}{{{matched}}}"


def by_pod(series: str) -> str:
    """One value for each server."""
    return f"max by (namespace, pod) ({series})"


def of_each(gauge: Metric, watched: Watched) -> str:
    """What each server shows. The label `cluster` is empty until the server leads for the first
    time; from then on it writes the gauge under its cluster's name only, and what it showed without
    one stays until it is forgotten, be it true or not.
    """
    every = by_pod(select(gauge, watched))
    if "cluster" not in gauge.labels:
        return every
    return f"({by_pod(select(gauge, watched, cluster='~.+'))} or {every})"


def of_leader(series: str, watched: Watched) -> str:
    """Of the server that leads, whatever others still show of the time when they did."""
    leads = by_pod(select(LEADS, watched))
    return f"({series} and on (namespace, pod) ({leads} == 1))"


def events(counter: str, window: str) -> str:
    """How many there were in the last while. `increase` alone would not see the first one, with
    which the counter comes into being.
    """
    return f"((increase({counter}[{window}]) and {counter} offset {window}) or {counter})"


def mean(metric: Metric, watched: Watched, window: str) -> str:
    """A summary's mean over the last while; nothing where nothing happened."""
    total = f"sum(rate({select(metric, watched, '_sum')}[{window}]))"
    count = f"sum(rate({select(metric, watched, '_count')}[{window}]))"
    return f"{total} / ({count} > 0)"
