"""The table of Vault's metrics: that it does not contradict itself. That Vault has them is for the
rehearsal to say.
"""

from __future__ import annotations

import pytest

from components.operations.telemetry.metric import Kind, Metric, Source, Unit
from components.operations.telemetry.metrics import METRICS


def test_no_metric_is_told_twice() -> None:
    names = [metric.name for metric in METRICS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_it_is_vaults_and_says_what_it_means(metric: Metric) -> None:
    assert metric.source is Source.VAULT
    assert metric.name.startswith("vault_")
    assert metric.meaning
    assert list(metric.labels) == sorted(metric.labels)
    assert metric.kind is not Kind.COUNTER or metric.unit is Unit.COUNT


def test_only_what_counts_waits_for_an_event() -> None:
    """A rule about one that is not there must know that its first value is an event."""
    assert {one.kind for one in METRICS if one.after} == {Kind.COUNTER, Kind.SUMMARY}
