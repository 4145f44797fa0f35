"""What a panel of the dashboard is, and how Grafana writes it down. Pure.

Two kinds are enough: a number, for what must be known at one look, and lines over time. Where a
line should not go is a threshold, drawn into the panel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models import units

from components.operations.telemetry.dashboard.queries import Query

COLUMNS: Final = 24
"""Grafana's grid."""
DATASOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="${datasource}")


@unique
class Unit(StrEnum):
    """By Grafana's names."""

    COUNT = units.Short
    PER_SECOND = units.OpsPerSecond
    REQUESTS_PER_SECOND = units.RequestsPerSecond
    MILLISECONDS = units.Milliseconds
    NANOSECONDS = units.Nanoseconds
    BYTES = units.BytesIEC


@unique
class Colour(StrEnum):
    """Of a number, or of what lies beyond a threshold; by Grafana's names."""

    GOOD = "green"
    NEUTRAL = "blue"
    BAD = "red"


@dataclass(frozen=True, slots=True)
class Number:
    """The newest value of one query. `colours`: from which value on it has which."""

    title: str
    description: str
    expression: str
    colours: Mapping[float, Colour]
    words: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    """Instead of a value."""
    unit: Unit = Unit.COUNT
    width: int = 4
    height: int = 4

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Query(self.expression, ""),)


@dataclass(frozen=True, slots=True)
class Lines:
    """`limit`: above it is too much."""

    title: str
    description: str
    unit: Unit
    queries: tuple[Query, ...]
    limit: float | None = None
    width: int = 8
    height: int = 7
    steps: bool = False
    """For what is one thing until it is another, and nothing between."""


Panel = Number | Lines


@dataclass(frozen=True, slots=True)
class Row:
    title: str
    panels: Sequence[Panel]

    def __post_init__(self) -> None:
        """Grafana leaves no gap, and the SDK begins a new line only where one is exactly full."""
        filled = 0
        for panel in self.panels:
            filled += panel.width
            if filled > COLUMNS:
                raise ValueError(
                    f"row {self.title}: {panel.title} ends in column {filled} of {COLUMNS}; "
                    "let the panels before it fill their line, or make it narrower"
                )
            filled %= COLUMNS
        if filled:
            raise ValueError(f"row {self.title}: its last line ends in column {filled}; fill it")


def build(panel: Panel, identity: int) -> stat.Panel | timeseries.Panel:
    """As Grafana has it. `identity`: must differ within the dashboard."""
    built = _number(panel) if isinstance(panel, Number) else _lines(panel)
    for query in panel.queries:
        built.with_target(
            prometheus.Dataquery()
            .ref_id(chr(ord("A") + panel.queries.index(query)))
            .expr(query.expression)
            .legend_format(query.legend)
            .range()
            .datasource(DATASOURCE)
        )
    return (
        built.id(identity)
        .title(panel.title)
        .description(panel.description)
        .datasource(DATASOURCE)
        .unit(panel.unit)
        .span(panel.width)
        .height(panel.height)
    )


def _number(panel: Number) -> stat.Panel:
    first, *others = sorted(panel.colours.items())
    words = {
        str(value): models.ValueMappingResult(text=text) for value, text in panel.words.items()
    }
    built = (
        stat.Panel()
        .thresholds(_thresholds([(None, first[1]), *others]))
        .color_mode(shapes.BigValueColorMode.BACKGROUND)
        .graph_mode(shapes.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    )
    return built.mappings([models.ValueMap(options=words)]) if words else built


def _lines(panel: Lines) -> timeseries.Panel:
    built = (
        timeseries.Panel()
        .min(0)
        .line_width(1.5)
        .fill_opacity(8)
        .show_points(shapes.VisibilityMode.NEVER)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(shapes.LegendDisplayMode.LIST)
            .placement(shapes.LegendPlacement.BOTTOM)
        )
        .tooltip(common.VizTooltipOptions().mode(shapes.TooltipDisplayMode.MULTI))
    )
    if panel.steps:
        built.line_interpolation(shapes.LineInterpolation.STEP_AFTER)
    if panel.limit is not None:
        built.thresholds(_thresholds([(None, Colour.GOOD), (panel.limit, Colour.BAD)]))
        built.thresholds_style(
            common.GraphThresholdsStyleConfig().mode(shapes.GraphTresholdsStyleMode.DASHED)
        )
    return built


def _thresholds(steps: Sequence[tuple[float | None, Colour]]) -> dashboard.ThresholdsConfig:
    """Of the first step, from minus infinity on, the value is null."""
    return (
        dashboard.ThresholdsConfig()
        .mode(models.ThresholdsMode.ABSOLUTE)
        .steps([models.Threshold(value=value, color=colour) for value, colour in steps])
    )
