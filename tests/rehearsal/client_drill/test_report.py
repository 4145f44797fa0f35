"""What the terminal shows of the client's drills."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from rehearsal.client_drill import report
from rehearsal.client_drill.catalogue import DRILLS
from rehearsal.client_drill.results import Run
from tests.rehearsal.client_drill.test_results import FAILED, RUN


def shown(*runs: Run, width: int = 100) -> list[str]:
    text = io.StringIO()
    report.show(Console(file=text, width=width), DRILLS, runs)
    return [line.rstrip() for line in text.getvalue().splitlines()]


@pytest.mark.parametrize("width", [80, 100])
def test_it_fits_and_cuts_nothing(width: int) -> None:
    runs = [replace(RUN, drill=drill.name, recovered_after=12.345) for drill in DRILLS]
    lines = shown(*runs, width=width)
    assert not any("…" in line for line in lines)
    assert sum("100/1000" in line and line.endswith("12.3") for line in lines) == len(DRILLS)


def test_how_much_comes_from_the_cache() -> None:
    lines = shown(RUN, replace(RUN, cached=0.5))
    assert "from the cache: 50.00% to 99.90% of the secrets" in lines


def test_the_client_is_compared_with_hvac_alone() -> None:
    lines = shown(replace(RUN, compared={"client": 90000.0, "plain": 300.0}))
    assert any("90,000 secrets/s" in line and "300 times as many" in line for line in lines)


def test_every_fault_is_a_line_of_its_own() -> None:
    lines = shown(replace(RUN, secrets=FAILED, connections_left=1))
    assert "✗ leader-killed 1: 2 secrets failed: Unavailable" in lines
    assert "✗ leader-killed 1: 1 connections left after close" in lines


def test_a_run_in_one_line() -> None:
    assert "0 of 1,000 secrets and 0 of 1000 statements failed" in report.line_of(RUN)
