"""The decision record's figures: said twice, and alike."""

from __future__ import annotations

from components.operations.telemetry.metrics import METRICS
from components.operations.telemetry.targets import SLOW_BY_NATURE, TARGETS
from rehearsal.proof.results import Figure


def test_they_are_the_figures_of_the_proof() -> None:
    assert {target.operation: target.milliseconds for target in TARGETS} == {
        figure.label: figure.upper for figure in Figure
    }


def test_each_is_measured_by_a_metric_of_vaults() -> None:
    assert {*SLOW_BY_NATURE, *(target.metric for target in TARGETS)} <= set(METRICS)
