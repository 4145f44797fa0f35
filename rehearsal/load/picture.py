"""Draws latencies by percentile, both clusters in one picture, as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from rehearsal.load.results import AIM_MS, DEFAULTS, DEPLOYED, NO_AUDIT, NO_TLS, Results

_PERCENTS = (50.0, 90.0, 95.0, 99.0, 99.9, 99.99)
_TICKS_MS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_DEPLOYED_COLOUR, _DEFAULTS_COLOUR, _AIM_COLOUR = "#1f6fb4", "#d9730d", "#777777"
_STYLES = {
    DEPLOYED: (_DEPLOYED_COLOUR, "-"),
    NO_AUDIT: (_DEPLOYED_COLOUR, ":"),
    DEFAULTS: (_DEFAULTS_COLOUR, "-"),
    NO_TLS: (_DEFAULTS_COLOUR, ":"),
}


def save(path: Path, results: Results) -> None:
    """An SVG, or what the name's ending says. Each round is a thin line, all together a thick."""
    # The same picture from the same figures, and text as text.
    with mpl.rc_context({"svg.hashsalt": "load", "svg.fonttype": "none", "font.size": 10}):
        figure = Figure(figsize=(8.5, 4.8), layout="constrained")
        _draw(figure.add_subplot(), results)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw(axes: Axes, results: Results) -> None:
    for series in results.constant:
        colour, style = _STYLES[series.name]
        for one in series.rounds:
            _line(axes, one.run.latency.curve(), color=colour, linewidth=0.6, alpha=0.45)
        _line(
            axes,
            series.latency.curve(),
            color=colour,
            linestyle=style,
            linewidth=2,
            label=f"{series.name}: P99 {series.latency.percentile(99):.1f} ms",
        )
    axes.axhline(AIM_MS, color=_AIM_COLOUR, linestyle="--", linewidth=1)
    axes.annotate(
        f"aim for P99: {AIM_MS:g} ms",
        (_place(50), AIM_MS),
        xytext=(4, 4),
        textcoords="offset points",
        color=_AIM_COLOUR,
    )
    axes.axvline(_place(99), color=_AIM_COLOUR, linewidth=0.6)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(_place(50), _place(_PERCENTS[-1]))
    axes.xaxis.set_major_locator(FixedLocator([_place(percent) for percent in _PERCENTS]))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticklabels([f"P{percent:g}" for percent in _PERCENTS])
    axes.yaxis.set_major_locator(FixedLocator(list(_TICKS_MS)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:g} ms")
    axes.grid(visible=True, linewidth=0.4, alpha=0.6)
    axes.set_xlabel("share of the requests that took no longer")
    rate = results.series(DEPLOYED).rounds[0].run.pace.per_second
    axes.set_title(f"{rate:,.0f} KV reads a second, constantly ({results.environment})", loc="left")
    axes.legend(loc="lower right", frameon=False)


def _line(axes: Axes, curve: list[tuple[float, float]], **style: Any) -> None:
    shown = [(_place(percent), ms) for percent, ms in curve if percent >= _PERCENTS[0]]
    axes.plot(*zip(*shown, strict=True), **style)


def _place(percent: float) -> float:
    """Where on the axis: each nine as wide as the other."""
    return 100 / (100 - percent)
