"""What the terminal shows of the rolling drills."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from rehearsal.rolling_drill import report
from rehearsal.rolling_drill.catalogue import DRILLS
from rehearsal.rolling_drill.results import Run
from tests.rehearsal.rolling_drill.test_results import RUN


def shown(*runs: Run, width: int = 100) -> list[str]:
    text = io.StringIO()
    report.show(Console(file=text, width=width), DRILLS, runs)
    return [line.strip() for line in text.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 100])
def test_it_fits_and_cuts_nothing(width: int) -> None:
    lines = shown(*(replace(RUN, drill=drill.name, took=234.5) for drill in DRILLS), width=width)
    assert not any("…" in line for line in lines)
    assert sum(line.endswith(" 234") for line in lines) == len(DRILLS)


def test_standbys_and_leaders_are_told_apart() -> None:
    (line,) = [line for line in shown(RUN) if line.endswith(" 60")]
    assert "5.3 (5.3)" in line
    assert "6.2 (6.2)" in line


def test_an_upgrade_names_both_versions() -> None:
    lines = shown(replace(RUN, drill="upgrade", before="1.20.4"))
    assert any("1.20.4 to 1.21.0" in line and "3 servers" in line for line in lines)


def test_every_fault_is_a_line_of_its_own() -> None:
    lines = shown(replace(RUN, lost=2))
    assert "✗ restart 1: 2 acknowledged writes lost" in lines


def test_a_run_in_one_line() -> None:
    said = report.line_of(RUN)
    assert "writes out 0.50 s, failed 0 of 1000 with retries, 4 of 200 without" in said
