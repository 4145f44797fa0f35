"""What is read from Grafana's JSON, and asked of Prometheus in its place."""

from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import Any, cast

import pytest

from components.operations.telemetry.dashboard.document import ROWS, text
from rehearsal.dashboard.panels import Line, Place, Query, Window, lines, read, without_variables
from rehearsal.errors import RehearsalError
from rehearsal.servers.prometheus import Prometheus, Series

EVERY = timedelta(seconds=2)
WINDOW = Window(100.0, 104.0, EVERY)


class FakePrometheus:
    """Answers every query alike, and remembers what was asked."""

    def __init__(self, *series: Series) -> None:
        self.series, self.asked = series, list[tuple[str, float, float, timedelta]]()

    def query_range(
        self, expression: str, start: float, end: float, step: timedelta
    ) -> tuple[Series, ...]:
        self.asked.append((expression, start, end, step))
        return self.series


def as_prometheus(fake: FakePrometheus) -> Prometheus:
    return cast(Prometheus, fake)


def document(**changed: Any) -> str:
    panel = {
        "type": "timeseries",
        "title": "Time",
        "gridPos": {"x": 1, "y": 2, "w": 8, "h": 7},
        "targets": [
            {"expr": 'up{pod=~"$instance"}', "legendFormat": "{{pod}} in {{ zone }}"},
        ],
        "fieldConfig": {"defaults": {"unit": "ms"}},
    }
    return json.dumps({"panels": [panel | changed]})


def test_the_programs_own_dashboard_is_read_whole() -> None:
    panels = read(text())
    assert [panel.title for panel in panels if panel.is_row] == [row.title for row in ROWS]
    assert len(panels) == len(ROWS) + sum(len(row.panels) for row in ROWS)
    by_title = {panel.title: panel for panel in panels}
    assert by_title["Leaders"].is_number
    assert [step.value for step in by_title["Leaders"].steps] == [None, 1, 2]
    assert by_title["Autopilot"].words == {"0": "unhealthy", "1": "healthy"}
    assert by_title["Who leads"].jumps
    assert by_title["Time for a request"].limited
    assert not by_title["Answers by status"].limited


def test_a_panel_is_where_grafana_has_it() -> None:
    (panel,) = read(document())
    assert panel.place == Place(1, 2, 8, 7)
    assert (panel.unit, panel.jumps, panel.limited, panel.steps) == ("ms", False, False, ())


def test_a_kind_that_is_not_drawn_is_refused() -> None:
    with pytest.raises(RehearsalError, match="panel Time: its kind heatmap is not drawn"):
        read(document(type="heatmap"))


def test_all_is_chosen_and_rates_are_over_four_scrapes() -> None:
    asked = without_variables(
        'rate(x{namespace=~"$namespace", pod=~"$instance"}[$__rate_interval])', EVERY
    )
    assert asked == 'rate(x{namespace=~".*", pod=~".*"}[8s])'


def test_a_variable_that_is_not_known_is_refused() -> None:
    with pytest.raises(RehearsalError, match="holds a variable of Grafana's"):
        without_variables("rate(x[$__range])", EVERY)


def test_lines_are_named_by_their_labels_and_come_in_order() -> None:
    points = ((100.0, 1.0), (102.0, 2.0))
    fake = FakePrometheus(
        Series({"pod": "vault-1", "zone": "a"}, points), Series({"pod": "vault-0"}, points)
    )
    (panel,) = read(document())
    assert lines(panel, as_prometheus(fake), WINDOW) == (
        Line("vault-0 in ", points),
        Line("vault-1 in a", points),
    )
    assert fake.asked == [('up{pod=~".*"}', 100.0, 104.0, EVERY)]


def test_what_was_never_a_number_is_no_line() -> None:
    fake = FakePrometheus(Series({}, ((100.0, math.nan),)))
    (panel,) = read(document())
    assert lines(panel, as_prometheus(fake), WINDOW) == ()


def test_a_legend_without_labels_is_itself() -> None:
    assert Query("up", "P99").name(Series({}, ())) == "P99"
