"""How fast Vault is to be: the decision record's figures. Pure.

`rehearsal.proof.results.Figure` says the same of the proof's cells, and a test keeps them alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from components.operations.telemetry import metrics
from components.operations.telemetry.metric import Metric

P99_MILLISECONDS: Final = 20
"""Of all requests, at 1000 in a second."""


@dataclass(frozen=True, slots=True)
class Target:
    """The most that an operation is to take, in milliseconds, and what tells how long it does."""

    operation: str
    milliseconds: int
    metric: Metric


TARGETS: Final = (
    Target("static secret", 15, metrics.READ_STATIC_SECRET),
    Target("database credentials", 40, metrics.READ_DATABASE),
    Target("token renewal", 20, metrics.RENEW_TOKEN),
    Target("certificate", 100, metrics.PKI_ISSUE),
)
SLOW_BY_NATURE: Final = (
    metrics.READ_DATABASE,
    metrics.READ_AWS,
    metrics.UPDATE_PKI,
)
"""Requests that wait for another system, or for a key to be made: they have targets of their own,
and are none of those that the P99 is about.
"""
