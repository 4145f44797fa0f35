"""The figures as a table for a terminal, and as one for a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rich import box
from rich.table import Table

from rehearsal.errors import RehearsalError
from rehearsal.scale.results import Measure, Measured, Results

_BEGIN: Final = "<!-- figures: make bench-scale -->"
_END: Final = "<!-- end of figures -->"


def table(results: Results) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    shown.add_column("seconds of")  # gives way in a narrow terminal
    for size in results.sizes:
        shown.add_column(f"{size:,}", justify="right", no_wrap=True)
    shown.add_column("growth", justify="right", no_wrap=True)
    shown.add_column("MB", justify="right", no_wrap=True)
    for row in _rows(results):
        shown.add_row(*row)
    return shown


def in_words(results: Results) -> list[str]:
    """What a table of seconds does not say."""
    requests = [
        f"{one.workloads:,} workloads: {one.found:,} requests"
        + (f", {each:.2f} for each more" if (each := results.per_workload(one)) else "")
        for one in results.of(Measure.REHEARSAL)
    ]
    return [*results.aims(), *requests]


def write_page(page: Path, results: Results) -> None:
    """Put the figures between the page's two marks, and leave the rest of it as it is.

    Raises `RehearsalError` where a mark is missing.
    """
    text = page.read_text(encoding="utf-8")
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise RehearsalError(f"{page}: has not both marks, {_BEGIN} and {_END}; write them there")
    page.write_text(f"{before}{begin}\n{markdown(results)}{end}{after}", encoding="utf-8")


def markdown(results: Results) -> str:
    sizes = results.sizes
    lines = [
        "| seconds of | " + " | ".join(f"{size:,}" for size in sizes) + " | growth | MB |",
        "|---|" + "---:|" * (len(sizes) + 2),
        *(f"| {' | '.join(row)} |" for row in _rows(results)),
        "",
        *(f"- {sentence}" for sentence in in_words(results)),
    ]
    return "\n".join(lines) + "\n"


def _rows(results: Results) -> Iterator[list[str]]:
    for measure in Measure:
        if cases := results.of(measure):
            seconds = {one.workloads: f"{one.seconds:.3f}" for one in cases}
            yield [
                measure.value,
                *(seconds.get(size, "") for size in results.sizes),
                _growth(results, cases),
                f"{cases[-1].peak_mb:,.0f}",
            ]


def _growth(results: Results, cases: list[Measured]) -> str:
    """From each size to the one ten times as large."""
    grown = [results.growth(one) for one in cases]
    return " ".join(f"x{times:.1f}" for times in grown if times)
