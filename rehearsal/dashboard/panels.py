"""The dashboard's panels, read from the very JSON that Grafana gets, and what Prometheus answers to
their queries.

Grafana's variables are replaced as Grafana does where all is chosen. It deliberately reads no more
of Grafana's format than what is drawn, and refuses a kind of panel that it does not know.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from rehearsal.errors import RehearsalError
from rehearsal.servers.prometheus import Prometheus, Series

_ROW, _NUMBER, _LINES = "row", "stat", "timeseries"
_LABEL: Final = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_LEAST_SCRAPES: Final = 4
"""Grafana: a rate is taken over at least so many."""


@dataclass(frozen=True, slots=True)
class Place:
    """In Grafana's grid, of 24 columns."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Step:
    """From this value on it has this colour; None: from minus infinity on."""

    value: float | None
    colour: str


@dataclass(frozen=True, slots=True)
class Query:
    expression: str
    legend: str

    def name(self, series: Series) -> str:
        """As Grafana's legend has it."""
        return _LABEL.sub(lambda found: series.labels.get(found[1], ""), self.legend)


@dataclass(frozen=True, slots=True)
class Panel:
    title: str
    kind: str
    place: Place
    unit: str
    queries: tuple[Query, ...]
    steps: tuple[Step, ...]
    words: Mapping[str, str]
    limited: bool
    """Whether the thresholds are drawn as lines."""
    jumps: bool
    """Whether a line keeps its value until the next, instead of leading there."""

    @property
    def is_row(self) -> bool:
        return self.kind == _ROW

    @property
    def is_number(self) -> bool:
        return self.kind == _NUMBER


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Window:
    """What is asked about, in seconds since the epoch."""

    start: float
    end: float
    scraped_every: timedelta


def read(text: str) -> tuple[Panel, ...]:
    """All panels and the titles of rows. Raises `RehearsalError` for a kind that is not drawn."""
    return tuple(_read(panel) for panel in json.loads(text)["panels"])


def lines(panel: Panel, prometheus: Prometheus, window: Window) -> tuple[Line, ...]:
    """What Prometheus answers; without series that were never a number."""
    return tuple(_answered(panel, prometheus, window))


def without_variables(expression: str, scraped_every: timedelta) -> str:
    """As Grafana asks it where all is chosen, and a point is drawn for each scrape."""
    interval = f"{round(_LEAST_SCRAPES * scraped_every.total_seconds())}s"
    values = {"$__rate_interval": interval, "$namespace": ".*", "$instance": ".*"}
    for name, value in values.items():
        expression = expression.replace(name, value)
    if "$" in expression:
        raise RehearsalError(f"{expression}: holds a variable of Grafana's that is not known here")
    return expression


def _answered(panel: Panel, prometheus: Prometheus, window: Window) -> Iterator[Line]:
    every = window.scraped_every
    for query in panel.queries:
        expression = without_variables(query.expression, every)
        found = prometheus.query_range(expression, window.start, window.end, every)
        # In Prometheus' own order a server would have another colour in each panel.
        for series in sorted(found, key=query.name):
            if series.numbers:
                yield Line(query.name(series), series.points)


def _read(panel: Mapping[str, Any]) -> Panel:
    kind = panel["type"]
    if kind not in (_ROW, _NUMBER, _LINES):
        raise RehearsalError(
            f"panel {panel.get('title')}: its kind {kind} is not drawn; teach {__name__} and the "
            "picture"
        )
    at = panel["gridPos"]
    defaults = panel.get("fieldConfig", {}).get("defaults", {})
    custom = defaults.get("custom", {})
    return Panel(
        panel["title"],
        kind,
        Place(at["x"], at["y"], at["w"], at["h"]),
        defaults.get("unit", ""),
        tuple(Query(one["expr"], one["legendFormat"]) for one in panel.get("targets", ())),
        tuple(
            Step(one["value"], one["color"])
            for one in defaults.get("thresholds", {}).get("steps", ())
        ),
        {
            value: result["text"]
            for mapping in defaults.get("mappings", ())
            for value, result in mapping["options"].items()
        },
        custom.get("thresholdsStyle", {}).get("mode", "off") != "off",
        custom.get("lineInterpolation") == "stepAfter",
    )
