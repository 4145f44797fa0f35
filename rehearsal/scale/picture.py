"""Draws seconds by the number of workloads: what is linear is parallel to the dotted lines."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from rehearsal.scale.results import AIMS, Measure, Results

_COLOURS: Final = {
    Measure.REHEARSAL: "#7a3e9d",
    Measure.PROGRAM: "#1f6fb4",
    Measure.GUARDRAILS: "#2a9d8f",
    Measure.COMPILE: "#d9730d",
    Measure.RENDER: "#e9a03b",
    Measure.SETTINGS: "#999999",
    Measure.REVIEW_ALL: "#b3261e",
    Measure.REVIEW_ONE: "#d4605a",
    Measure.REVIEW_NOTHING: "#eaa39f",
}
"""What is by workloads; the difference of one policy is not."""
_AIM_COLOUR: Final = "#333333"
_AIM_MARKERS: Final = ("D", "^", "s")


def save(path: Path, results: Results) -> None:
    """An SVG, or what the name's ending says."""
    # The same picture from the same figures, and text as text.
    with mpl.rc_context({"svg.hashsalt": "scale", "svg.fonttype": "none", "font.size": 10}):
        figure = Figure(figsize=(8.5, 5.2), layout="constrained")
        _draw(figure.add_subplot(), results)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw(axes: Axes, results: Results) -> None:
    for measure, colour in _COLOURS.items():
        cases = [one for one in results.of(measure) if one.seconds > 0]
        places, seconds = [one.workloads for one in cases], [one.seconds for one in cases]
        axes.plot(places, seconds, color=colour, marker="o", markersize=3.5, label=measure.value)
    measured = axes.get_lines()
    aims = [
        axes.plot(
            aim.workloads,
            aim.seconds,
            color=_AIM_COLOUR,
            marker=marker,
            markersize=7,
            markerfacecolor="white",
            linestyle="none",
            label=f"aim: {aim.says}",
            zorder=4,
        )[0]
        for aim, marker in zip(AIMS, _AIM_MARKERS, strict=True)
    ]
    axes.set_xscale("log")
    axes.set_yscale("log")
    for power in range(-6, 1):
        _linear(axes, 10.0**power, results.sizes)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:g} s")
    axes.set_xlabel("workloads")
    axes.set_title(
        "Seconds by workloads; dotted: ten times as long for ten times as many", loc="left"
    )
    # What an aim is stands apart: beside its mark there are lines.
    axes.add_artist(axes.legend(handles=measured, loc="upper left", frameon=False, fontsize=8))
    axes.legend(handles=aims, loc="lower right", frameon=False, fontsize=8)


def _linear(axes: Axes, per_workload: float, sizes: list[int]) -> None:
    ends = (sizes[0], sizes[-1])
    seconds = [per_workload * size for size in ends]
    axes.plot(ends, seconds, color="#bbbbbb", linestyle=":", linewidth=0.8, zorder=0)
