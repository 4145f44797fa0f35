"""The picture is made, shows every panel and says where there is nothing, and is the same for the
same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from xml.etree import ElementTree as ET

import pytest

from components.operations.telemetry.dashboard.document import text
from rehearsal.dashboard.panels import Line, Panel, read
from rehearsal.dashboard.picture import Drawn, Moment, save

START: Final = 1_000.0
PANELS: Final = read(text())
FEW: Final = PANELS[5:10]
"""Drawing them all takes seconds."""


def line(name: str, *values: float) -> Line:
    return Line(name, tuple((START + 10 * at, value) for at, value in enumerate(values)))


def drawn(lines: Sequence[Line], panels: Sequence[Panel] = FEW) -> Drawn:
    """Every panel shows the same."""
    answers: list[tuple[Panel, Sequence[Line]]] = [
        (panel, () if panel.is_row else lines) for panel in panels
    ]
    return Drawn("Rehearsed", answers, START, START + 60, [Moment(START + 30, "steps down")])


def words(path: Path) -> str:
    return " ".join(" ".join(ET.parse(path).getroot().itertext()).split())


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    file = tmp_path_factory.mktemp("picture") / "dashboard.svg"
    two = line("two", math.nan, math.nan, 4, math.nan)
    save(file, drawn([line("one", 1, 2, 3), two], PANELS))
    return words(file)


def test_every_panel_and_row_is_there(shown: str) -> None:
    assert [panel.title for panel in PANELS if panel.title not in shown] == []


def test_it_says_what_happened_and_when(shown: str) -> None:
    assert "Rehearsed" in shown
    assert "0:30 steps down" in shown


def test_lines_are_named_and_limits_written(shown: str) -> None:
    assert "one" in shown
    assert "two" in shown
    assert "20 ms" in shown
    assert "No data" not in shown


def test_a_panel_without_data_says_so(tmp_path: Path) -> None:
    file = tmp_path / "empty.svg"
    save(file, drawn([]))
    assert words(file).count("No data") == len(FEW)


def test_a_number_has_its_word_and_its_colour(tmp_path: Path) -> None:
    file = tmp_path / "numbers.svg"
    numbers = [(panel, [line("", 0)]) for panel in PANELS if panel.title == "Autopilot"]
    save(file, Drawn("Rehearsed", numbers, START, START + 60, []))
    assert "unhealthy" in words(file)
    assert "#c24a00" in file.read_text().lower()


def test_the_same_figures_make_the_same_picture(tmp_path: Path) -> None:
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    for file in (one, other):
        save(file, drawn([line("one", 1, 2, 3)]))
    assert one.read_bytes() == other.read_bytes()
