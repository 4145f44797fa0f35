"""What one metric is."""

from __future__ import annotations

from components.operations.telemetry.metric import Kind, Metric, Unit


def test_a_summary_is_asked_for_by_three_names() -> None:
    metric = Metric("took", Kind.SUMMARY, Unit.MILLISECONDS, "how long")
    assert metric.series == ("took", "took_sum", "took_count")


def test_a_gauge_is_asked_for_by_its_own() -> None:
    assert Metric("open", Kind.GAUGE, Unit.COUNT, "how many").series == ("open",)
