"""What an operator sees first."""

from __future__ import annotations

from typing import Final

import pytest

from components.operations.telemetry.dashboard.panels import Colour, Lines, Number
from components.operations.telemetry.dashboard.serving import HEALTH, LOGINS, TRAFFIC
from rehearsal.proof.results import Figure

NUMBERS: Final = {panel.title: panel for panel in HEALTH.panels if isinstance(panel, Number)}
LIMITS: Final = {
    panel.title: panel.limit
    for panel in TRAFFIC.panels
    if isinstance(panel, Lines) and panel.limit is not None
}


def colour(title: str, value: float) -> Colour:
    """As Grafana takes it: the last step that the value has reached."""
    steps = sorted(NUMBERS[title].colours.items())
    return next(colour for start, colour in reversed(steps) if value >= start)


@pytest.mark.parametrize(
    ("title", "good", "bad"),
    [
        ("Sealed servers", [0], [1, 3]),
        ("Servers silent", [0], [1, 3]),
        ("Leaders", [1], [0, 2]),
        ("May fail at once", [1, 2], [0]),
        ("Autopilot", [1], [0]),
    ],
)
def test_a_number_is_good_or_bad(title: str, good: list[int], bad: list[int]) -> None:
    assert {colour(title, value) for value in good} == {Colour.GOOD}
    assert {colour(title, value) for value in bad} == {Colour.BAD}


@pytest.mark.parametrize(
    ("title", "figure"),
    [
        ("KV read", Figure.STATIC_SECRET),
        ("Database user", Figure.DATABASE_CREDENTIALS),
        ("Token renewal", Figure.TOKEN_RENEWAL),
        ("Certificate", Figure.CERTIFICATE),
    ],
)
def test_latencies_are_beside_the_decision_records_targets(title: str, figure: Figure) -> None:
    assert LIMITS[title] == figure.upper


def test_all_requests_are_beside_the_target_for_all() -> None:
    assert LIMITS["Time for a request"] == 20


def test_what_was_refused_is_apart_from_what_failed() -> None:
    panels = {panel.title: panel for panel in LOGINS.panels}
    (refused,) = panels["Refused"].queries
    (failed,) = panels["Errors of the servers"].queries
    assert 'code=~"400|403"' in refused.expression
    assert 'code=~"5.."' in failed.expression
