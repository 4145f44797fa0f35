"""The forms of expressions. That they mean what they should, promtool says in `test_rules`."""

from __future__ import annotations

import promql_parser
import pytest

from components.operations.telemetry import metrics, others
from components.operations.telemetry.alerts import access, health, speed, upkeep
from components.operations.telemetry.alerts.alert import Alert
from components.operations.telemetry.alerts.promql import events, of_leader, select, selector
from components.operations.telemetry.metric import Kind
from components.operations.telemetry.others import TARGET_LABELS
from tests.components.operations.telemetry.alerts.cases import WATCHED

ALERTS = (*health.ALERTS, *speed.ALERTS, *access.ALERTS, *upkeep.ALERTS)
KNOWN = {name: metric for metric in (*metrics.METRICS, *others.OTHERS) for name in metric.series}


def selectors(expression: str) -> list[promql_parser.VectorSelector]:
    """All in a query, at any depth."""
    found = []

    def walk(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        for name in ("expr", "lhs", "rhs", "vector_selector"):
            if (inner := getattr(node, name, None)) is not None:
                walk(inner)
        for inner in getattr(node, "args", ()):
            walk(inner)

    walk(promql_parser.parse(expression))
    return found


def test_a_metric_is_asked_of_the_watched_servers() -> None:
    assert select(metrics.RESPONSES, WATCHED, code="~4..") == (
        'vault_core_response_status_code{job="vault-metrics",namespace="vault",code=~"4.."}'
    )


def test_a_selector_may_match_a_pattern() -> None:
    assert selector("up", {"job": "a", "pod": "~b.*"}) == 'up{job="a",pod=~"b.*"}'


def test_what_is_compared_with_the_leader_is_one_value() -> None:
    """Or a comparison behind it would be one with who leads."""
    assert of_leader("x", WATCHED).startswith("(")
    assert of_leader("x", WATCHED).endswith(")")


def test_events_count_the_first_one_too() -> None:
    assert events("x", "5m") == "((increase(x[5m]) and x offset 5m) or x)"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert.name} {alert.labels}")
def test_an_alert_asks_for_the_metrics_that_it_names_and_for_no_others(alert: Alert) -> None:
    asked = selectors(alert.expression(WATCHED))
    assert {KNOWN[str(one.name)] for one in asked} == set(alert.metrics)
    for one in asked:
        metric = KNOWN[str(one.name)]
        known = {*metric.labels, *TARGET_LABELS}
        if metric.kind is Kind.SUMMARY:
            known.add("quantile")
        assert {label.name for label in one.matchers.matchers} <= known
