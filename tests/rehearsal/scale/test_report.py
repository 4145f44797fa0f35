"""The figures in a terminal, on a page, and as a picture."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from rehearsal.errors import RehearsalError
from rehearsal.scale import picture, report
from rehearsal.scale.results import AIMS, Measure, Measured, Results

ONE = Measured(Measure.REVIEW_ONE, 10, 0.01, 40.0, 1)
RESULTS = Results(
    tuple(
        replace(ONE, measure=measure, workloads=size, seconds=size / 80, found=size * 5)
        for measure in Measure
        for size in (10, 100, 1_000, 10_000)
        if size <= measure.largest
    )
)
MARKED = f"# Scale\n\n{report._BEGIN}\nold\n{report._END}\n\nafter\n"


def test_the_table_fits_a_terminal() -> None:
    console = Console(file=io.StringIO(), width=100)
    with console.capture() as captured:
        console.print(report.table(RESULTS))
    assert "x10.0 x10.0 x10.0" in captured.get()
    assert "…" not in captured.get()
    assert all(measure in captured.get() for measure in Measure)


def test_aims_and_requests_are_told_in_words() -> None:
    words = "\n".join(report.in_words(RESULTS))
    assert "1,000 workloads evaluated: 12.50 s (aim: under 10): missed" in words
    assert "1,000 workloads: 5,000 requests, 5.00 for each more" in words
    assert "10 workloads: 50 requests\n" in words


def test_a_page_gets_the_figures_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "scale.md"
    page.write_text(MARKED)
    report.write_page(page, RESULTS)
    report.write_page(page, RESULTS)  # again, without a trace of the first time
    text = page.read_text()
    assert text.startswith("# Scale\n\n")
    assert text.endswith(f"{report._END}\n\nafter\n")
    assert "old" not in text
    assert text.count("| program | 0.125 | 1.250 | 12.500 | 125.000 |") == 1
    assert text.count("| rehearsal | 0.125 | 1.250 | 12.500 |  |") == 1, "never 10,000"


@pytest.mark.parametrize("mark", [report._BEGIN, report._END])
def test_a_page_without_a_mark_is_left_as_it_is(mark: str, tmp_path: Path) -> None:
    page = tmp_path / "scale.md"
    page.write_text(MARKED.replace(mark, ""))
    with pytest.raises(RehearsalError, match="has not both marks"):
        report.write_page(page, RESULTS)
    assert "old" in page.read_text()


def test_the_picture_is_the_same_from_the_same_figures(tmp_path: Path) -> None:
    for name in ("one.svg", "other.svg"):
        picture.save(tmp_path / name, RESULTS)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
    text = (tmp_path / "one.svg").read_text()
    assert all(f">{measure}<" in text for measure in picture._COLOURS)


def test_what_an_aim_is_stands_beside_the_lines_and_not_on_them() -> None:
    axes = Figure().add_subplot()
    picture._draw(axes, RESULTS)
    assert not axes.texts
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [f"aim: {a.says}" for a in AIMS]
    marks = {str(line.get_marker()) for line in legend.get_lines()}
    assert len(marks) == len(AIMS)
