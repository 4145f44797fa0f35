"""Draws the dashboard as Grafana lays it out, with what Prometheus answered.

Colours are told apart by people who see few of them (Okabe and Ito's), and lines by their dashes
too, so that it can be read in print. A panel without data says so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator

from rehearsal.dashboard.panels import Line, Panel, Place
from rehearsal.dashboard.units import written

_COLUMNS: Final = 24
_COLUMN_INCHES, _UNIT_INCHES = 0.72, 0.36
_HEAD_INCHES: Final = 0.62
_LINES: Final = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_DASHES: Final = ("-", "--", "-.", (0, (1, 1.2)))
_NAMED: Final[Mapping[str, str]] = {"green": "#00795A", "red": "#C24A00", "blue": "#0072B2"}
_GREY, _FAINT, _AIM = "#666666", "#d9d9d9", "#8B0000"
_MARGIN: Final = 0.12
"""Inches around a panel."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that was done, in seconds since the epoch: marked in every panel."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """All that the picture shows."""

    title: str
    panels: Sequence[tuple[Panel, Sequence[Line]]]
    start: float
    end: float
    moments: Sequence[Moment]


def save(path: Path, drawn: Drawn) -> None:
    """As SVG, or what the name's ending says."""
    # The same picture from the same figures, and text as text.
    with mpl.rc_context({"svg.hashsalt": "dashboard", "svg.fonttype": "none", "font.size": 8}):
        figure = _figure(drawn)
        figure.savefig(path, dpi=90, metadata={"Date": None} if path.suffix == ".svg" else None)


def _figure(drawn: Drawn) -> Figure:
    rows = max(panel.place.y + panel.place.height for panel, _ in drawn.panels)
    canvas = _Canvas(_COLUMNS * _COLUMN_INCHES, rows * _UNIT_INCHES + _HEAD_INCHES)
    figure = Figure(figsize=(canvas.width, canvas.height), facecolor="white")
    figure.text(
        _MARGIN / canvas.width, 1 - 0.3 / canvas.height, drawn.title, size=14, weight="bold"
    )
    marks = "     ".join(f"{_clock(one.at - drawn.start)}  {one.what}" for one in drawn.moments)
    figure.text(_MARGIN / canvas.width, 1 - 0.52 / canvas.height, marks, size=9, color=_GREY)
    for panel, lines in drawn.panels:
        if panel.is_row:
            _row(figure, canvas, panel)
        elif panel.is_number:
            _number(figure, canvas, panel, lines)
        else:
            _lines(figure, canvas, panel, lines, drawn)
    return figure


@dataclass(frozen=True, slots=True)
class _Canvas:
    """In inches."""

    width: float
    height: float

    def part(
        self, place: Place, *, left: float, top: float, right: float, bottom: float
    ) -> tuple[float, float, float, float]:
        """A panel's axes with so much room around, as parts of the figure."""
        x = place.x * _COLUMN_INCHES + left
        width = place.width * _COLUMN_INCHES - left - right
        height = place.height * _UNIT_INCHES - top - bottom
        y = self.height - _HEAD_INCHES - (place.y + place.height) * _UNIT_INCHES + bottom
        return x / self.width, y / self.height, width / self.width, height / self.height


def _row(figure: Figure, canvas: _Canvas, panel: Panel) -> None:
    axes = figure.add_axes(
        canvas.part(panel.place, left=_MARGIN, top=0.06, right=_MARGIN, bottom=0.0)
    )
    axes.set_axis_off()
    axes.text(0, 0.35, panel.title, size=11, weight="bold", transform=axes.transAxes)
    axes.axhline(0.1, color=_GREY, linewidth=0.8)


def _number(figure: Figure, canvas: _Canvas, panel: Panel, lines: Sequence[Line]) -> None:
    axes = figure.add_axes(
        canvas.part(panel.place, left=_MARGIN, top=_MARGIN, right=_MARGIN, bottom=_MARGIN)
    )
    axes.set_axis_off()
    numbers = [value for line in lines for _, value in line.points if not math.isnan(value)]
    value = numbers[-1] if numbers else math.nan
    axes.add_patch(Rectangle((0, 0), 1, 1, transform=axes.transAxes, color=_colour(panel, value)))
    text = panel.words.get(f"{value:g}") or written(value, panel.unit) or "No data"
    size = 26 if len(text) < 5 else 17
    axes.text(
        0.5,
        0.42,
        text,
        size=size,
        color="white",
        ha="center",
        va="center",
        weight="bold",
        transform=axes.transAxes,
    )
    axes.text(0.05, 0.86, panel.title, size=9, color="white", va="center", transform=axes.transAxes)


def _lines(
    figure: Figure, canvas: _Canvas, panel: Panel, lines: Sequence[Line], drawn: Drawn
) -> None:
    legend_lines = _legend_lines(panel, lines)
    axes = figure.add_axes(
        canvas.part(
            panel.place, left=0.68, top=0.34, right=0.2, bottom=0.3 + 0.155 * max(1, legend_lines)
        )
    )
    axes.set_title(panel.title, loc="left", size=9, weight="bold")
    axes.set_xlim(0, drawn.end - drawn.start)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _clock(value)))
    axes.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 1.5, 2, 3, 6]))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: written(value, panel.unit)))
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=panel.unit == "short"))
    axes.tick_params(labelsize=7, color=_FAINT)
    axes.grid(visible=True, linewidth=0.5, color=_FAINT)
    for spine in axes.spines.values():
        spine.set_color(_FAINT)
    for moment in drawn.moments:
        axes.axvline(moment.at - drawn.start, color=_GREY, linewidth=0.8, linestyle=":")
    if not lines:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "No data", color=_GREY, ha="center", transform=axes.transAxes)
        return
    _plot(axes, panel, lines, drawn.start)
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(-0.02, -0.13 * 2.52 / (panel.place.height * _UNIT_INCHES)),
        ncols=math.ceil(len(lines) / legend_lines),
        frameon=False,
        fontsize=7,
        handlelength=2.2,
        columnspacing=1.0,
        borderaxespad=0.2,
        labelspacing=0.25,
    )


def _plot(axes: Axes, panel: Panel, lines: Sequence[Line], start: float) -> None:
    styles = zip(cycle(_LINES), cycle(_DASHES), strict=False)
    for line, (colour, dashes) in zip(lines, styles, strict=False):
        axes.plot(
            [at - start for at, _ in line.points],
            [value for _, value in line.points],
            color=colour,
            linestyle=dashes,
            linewidth=1.4,
            drawstyle="steps-post" if panel.jumps else "default",
            label=line.name or panel.title,
            # A value between two that are none would not be seen as a line.
            marker="." if _is_lonely(line) else "",
            markersize=4,
        )
    top = max(value for line in lines for _, value in line.points if not math.isnan(value))
    for step in panel.steps if panel.limited else ():
        if step.value is not None:
            _aim(axes, step.value, panel.unit)
            top = max(top, step.value)
    axes.set_ylim(0, top * 1.1 or 1)
    if panel.unit == "bytes":
        # Else the ticks would be round in tens, and not as they are written.
        axes.yaxis.set_major_locator(MultipleLocator(2 ** math.floor(math.log2(top / 2))))


def _aim(axes: Axes, value: float, unit: str) -> None:
    axes.axhline(value, color=_AIM, linestyle=(0, (8, 3)), linewidth=1.6)
    axes.annotate(
        written(value, unit),
        (1, value),
        xycoords=("axes fraction", "data"),
        xytext=(-2, 2),
        textcoords="offset points",
        ha="right",
        size=7,
        color=_AIM,
    )


def _is_lonely(line: Line) -> bool:
    numbers = sum(not math.isnan(value) for _, value in line.points)
    return numbers < len(line.points) / 3


def _legend_lines(panel: Panel, lines: Sequence[Line]) -> int:
    """How many it takes for the names to fit side by side, about 15 letters to the inch."""
    room = panel.place.width * _COLUMN_INCHES * 13
    for count in range(1, len(lines) + 1):
        columns = math.ceil(len(lines) / count)
        if columns * (max(len(line.name) for line in lines) + 7) <= room:
            return count
    return max(1, len(lines))


def _colour(panel: Panel, value: float) -> str:
    colour = _GREY
    for step in panel.steps:
        if not math.isnan(value) and (step.value is None or value >= step.value):
            colour = _NAMED[step.colour]
    return colour


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
