"""What the terminal shows of the client's drills."""

from __future__ import annotations

import io
from dataclasses import replace

from rich.console import Console

from rehearsal.client_drill import report
from rehearsal.client_drill.catalogue import DRILLS
from rehearsal.client_drill.results import Run
from tests.rehearsal.client_drill.test_results import FAILED, RUN


def shown(*runs: Run) -> list[str]:
    text = io.StringIO()
    report.show(Console(file=text, width=100), DRILLS, runs)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_a_run_is_a_row() -> None:
    (row,) = (line for line in shown(RUN) if line.startswith("leader killed"))
    assert "0 of 1000" in row
    assert "99.90" in row
    assert "0.01/0.1/1" in row


def test_the_client_is_compared_with_hvac_alone() -> None:
    lines = shown(replace(RUN, compared={"client": 90000.0, "plain": 300.0}))
    assert any("90,000 secrets/s" in line and "300 times as many" in line for line in lines)


def test_every_fault_is_a_line_of_its_own() -> None:
    lines = shown(replace(RUN, secrets=FAILED, connections_left=1))
    assert "✗ leader-killed 1: 2 secrets failed: Unavailable" in lines
    assert "✗ leader-killed 1: 1 connections left after close" in lines


def test_a_run_in_one_line() -> None:
    assert "0 of 1,000 secrets and 0 of 1000 statements failed" in report.line_of(RUN)
