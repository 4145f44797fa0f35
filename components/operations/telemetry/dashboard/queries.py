"""The PromQL that the dashboard asks, made of metrics of the table. Pure.

A query names a metric by its value there and not by text, so that one that is renamed or removed
does not type-check, and a label that it has not cannot be written. Whether the text is PromQL is
for the tests to say, with Prometheus' own grammar.

`$namespace` and `$instance` are the dashboard's variables. `$__rate_interval` is Grafana's: at
least four scrapes, so that no rate is made of a single one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from components.operations.telemetry.metric import Kind, Metric
from components.operations.telemetry.metrics import LEADS
from components.operations.telemetry.others import TARGET_LABELS

POD: Final = "namespace, pod"
"""What tells one server from another, and stays when its address changes."""
QUANTILES: Final = (0.5, 0.9, 0.99)
"""Vault exports these three. There is no P95, and none can be made of them."""
_OF: Final = 'namespace=~"$namespace", pod=~"$instance"'


@dataclass(frozen=True, slots=True)
class Query:
    """What a line or a number shows. `legend`: may name labels, `{{pod}}`."""

    expression: str
    legend: str


def of(metric: Metric, *where: str, part: str = "") -> str:
    """The metric as it is, of the chosen servers. `where`: further matchers, `code=~"5.."`.
    `part`: of a summary, `_sum` or `_count`.
    """
    for matcher in where:
        _require_label(metric, re.split("[=!]", matcher)[0])
    return f"{metric.name}{part}{{{', '.join([_OF, *where])}}}"


def per_second(metric: Metric, *where: str, by: Sequence[str] = ()) -> str:
    """How often it happened, of all chosen servers together, or apart by some label."""
    return _sum(f"rate({_counted(metric, *where)}[$__rate_interval])", metric, by)


def times(metric: Metric, *where: str, by: Sequence[str] = ()) -> str:
    """How many times it happened within the rate's interval: for what is rare.

    Not `increase`, which does not see the first time, as such a counter comes into being with it,
    and makes fractions of what people count. The price: a Prometheus that saw nothing for minutes
    takes all that was counted meanwhile for new, and what happens right after a server's restart
    is not seen.
    """
    counted = _counted(metric, *where)
    before = f"({counted} offset $__rate_interval or {counted} * 0)"
    return _sum(f"clamp_min({counted} - {before}, 0)", metric, by)


def slowest(metric: Metric, quantile: float, *where: str, by: Sequence[str] = ()) -> str:
    """The greatest of the servers' quantiles over the last ten seconds: quantiles of several
    servers cannot be put together, so the dashboard shows the worst.
    """
    if metric.kind is not Kind.SUMMARY or quantile not in QUANTILES:
        raise ValueError(
            f"{metric.name} has no quantile {quantile:g}: only summaries have, and these "
            f"{', '.join(map(str, QUANTILES))}"
        )
    series = of(metric, f'quantile="{quantile:g}"', *where)
    return f"max{_by(metric, by)} ({series})"


def mean(metric: Metric, *, by: Sequence[str] = ()) -> str:
    """Over all that happened since the servers started: for what is too rare for a rate."""
    if metric.kind is not Kind.SUMMARY:
        raise ValueError(f"{metric.name} is no summary, so it has no mean")
    total, count = of(metric, part="_sum"), of(metric, part="_count")
    return f"sum{_by(metric, by)} ({total}) / sum{_by(metric, by)} ({count})"


def each(metric: Metric) -> str:
    """A gauge of every server. One that has led shows it twice for a while: under the cluster's
    name, and without one as it was before it led.
    """
    every = f"max by ({POD}) ({of(metric)})"
    if "cluster" not in metric.labels:
        return every
    named = of(metric, 'cluster!=""')
    return f"(max by ({POD}) ({named}) or {every})"


def on_leader(metric: Metric, by: Sequence[str] = ()) -> str:
    """A gauge of the leader's, whichever server that is. One that no longer leads goes on showing
    what was true then.
    """
    return f"max{_by(metric, by)} ({of(metric)} and on ({POD}) ({each(LEADS)} == 1))"


def quantiles(metric: Metric) -> tuple[Query, ...]:
    """All three of one metric, each the worst server's."""
    return tuple(Query(slowest(metric, one), f"P{100 * one:g}") for one in QUANTILES)


def worst(*named: tuple[str, Metric]) -> tuple[Query, ...]:
    """P99 of several."""
    return tuple(Query(slowest(metric, 0.99), f"{name}, P99") for name, metric in named)


def rates(*named: tuple[str, Metric]) -> tuple[Query, ...]:
    return tuple(Query(per_second(metric), name) for name, metric in named)


def _counted(metric: Metric, *where: str) -> str:
    match metric.kind:
        case Kind.COUNTER:
            return of(metric, *where)
        case Kind.SUMMARY:
            return of(metric, *where, part="_count")
        case Kind.GAUGE:
            raise ValueError(f"{metric.name} is a gauge, so nothing can be counted with it")


def _sum(expression: str, metric: Metric, by: Sequence[str]) -> str:
    return f"sum{_by(metric, by)} ({expression})"


def _by(metric: Metric, labels: Sequence[str]) -> str:
    for label in labels:
        _require_label(metric, label)
    return f" by ({', '.join(labels)})" if labels else ""


def _require_label(metric: Metric, label: str) -> None:
    own = ("quantile",) if metric.kind is Kind.SUMMARY else ()
    known = (*metric.labels, *own, *TARGET_LABELS)
    if label not in known:
        raise ValueError(f"{metric.name} has no label {label}: only {', '.join(known)}")
