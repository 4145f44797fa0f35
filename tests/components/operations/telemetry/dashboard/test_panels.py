"""A panel as a value, and as Grafana has it."""

from __future__ import annotations

import json
from typing import Any, Final, get_args

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import units

from components.operations.telemetry.dashboard.panels import (
    COLUMNS,
    Colour,
    Lines,
    Number,
    Panel,
    Row,
    Unit,
    build,
)
from components.operations.telemetry.dashboard.queries import Query

QUERIES: Final = (Query("up", "{{pod}}"), Query("down", "down"))
NUMBER: Final = Number(
    "Leaders", "One.", "up", {1: Colour.GOOD, 0: Colour.BAD}, words={0: "none"}, width=5
)


def lines(width: int = 8, limit: float | None = None, *, steps: bool = False) -> Lines:
    return Lines("Time", "Long.", Unit.MILLISECONDS, QUERIES, limit, width=width, steps=steps)


def written(panel: Panel) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(JSONEncoder().encode(build(panel, 7).build()))
    return found


def test_it_says_what_it_shows_of_what() -> None:
    found = written(lines())
    assert (found["id"], found["type"]) == (7, "timeseries")
    assert (found["title"], found["description"]) == ("Time", "Long.")
    assert found["fieldConfig"]["defaults"]["unit"] == "ms"
    assert [(one["refId"], one["expr"], one["legendFormat"]) for one in found["targets"]] == [
        ("A", "up", "{{pod}}"),
        ("B", "down", "down"),
    ]


def test_the_data_source_is_chosen_in_the_dashboard() -> None:
    found = written(lines())
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert [found["datasource"], *(one["datasource"] for one in found["targets"])] == [chosen] * 3


def test_a_limit_is_a_line_above_which_it_is_bad() -> None:
    defaults = written(lines(limit=20.0))["fieldConfig"]["defaults"]
    assert defaults["custom"]["thresholdsStyle"] == {"mode": "dashed"}
    assert defaults["thresholds"]["steps"] == [
        {"value": None, "color": "green"},
        {"value": 20.0, "color": "red"},
    ]
    assert "thresholdsStyle" not in written(lines())["fieldConfig"]["defaults"]["custom"]


def test_what_is_one_thing_until_another_leads_nowhere_between() -> None:
    custom = written(lines(steps=True))["fieldConfig"]["defaults"]["custom"]
    assert custom["lineInterpolation"] == "stepAfter"


def test_a_number_has_a_colour_from_each_value_on_and_words() -> None:
    found = written(NUMBER)
    defaults = found["fieldConfig"]["defaults"]
    assert found["type"] == "stat"
    assert defaults["thresholds"]["steps"] == [
        {"value": None, "color": "red"},
        {"value": 1, "color": "green"},
    ]
    assert defaults["mappings"][0]["options"] == {"0": {"text": "none"}}
    assert found["options"]["reduceOptions"]["calcs"] == ["lastNotNull"]


def test_units_are_grafanas() -> None:
    known = {get_args(one)[0] for one in units.__annotations__.values()}
    assert {unit.value for unit in Unit} <= known


@pytest.mark.parametrize("widths", [(8, 8, 8), (24,), (12, 12, 8, 8, 8)])
def test_a_rows_lines_are_full(widths: tuple[int, ...]) -> None:
    row = Row("Traffic", [lines(width) for width in widths])
    assert sum(panel.width for panel in row.panels) % COLUMNS == 0


@pytest.mark.parametrize(
    ("widths", "problem"),
    [((8, 8, 12), "Time ends in column 28 of 24"), ((8, 8), "its last line ends in column 16")],
)
def test_a_gap_or_an_overlap_is_refused(widths: tuple[int, ...], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Row("Traffic", [lines(width) for width in widths])
