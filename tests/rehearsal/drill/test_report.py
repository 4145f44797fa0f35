"""What the terminal, the picture and the JSON file show."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from rehearsal.drill import report
from rehearsal.drill.catalogue import DRILLS
from rehearsal.drill.impact import Retried, Stale
from rehearsal.drill.results import Run
from tests.rehearsal.drill.made import PHASES, run_of

RUNS = [
    run_of("leader-lost", 1, 1.8, phases=PHASES),
    run_of("leader-lost", 2, 2.4, phases=PHASES),
    run_of("leader-lost", 3, 12.345, phases=PHASES, retried=Retried(9, 2, 5.04)),
    run_of("follower-disk-full", 1, 0.05, notes={"with a full disk it": "went [on]"}),
]


def shown(runs: list[Run], width: int = 80) -> list[str]:
    text = io.StringIO()
    report.show(Console(file=text, width=width), DRILLS, runs)
    return [line.rstrip() for line in text.getvalue().splitlines()]


def test_costs_are_spreads_over_the_runs() -> None:
    (row,) = (line for line in shown(RUNS, 120) if "1.80/2.40/12.3 " in line and " 5.04" in line)
    assert row.split()[-6:] == ["1.80/2.40/12.3", "2,", "5.04", "0", "0", "2.00/2.00/2.00"]


@pytest.mark.parametrize("width", [80, 100, 120])
def test_it_fits_and_cuts_nothing(width: int) -> None:
    runs = [run_of(drill.name, 1, 12.345, phases=PHASES, healthy_after=59.9) for drill in DRILLS]
    lines = shown(runs, width)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    assert "…" not in text
    assert text.count("12.3/12.3/12.3") == 2 * len(DRILLS)


def test_phases_are_medians_in_milliseconds_and_only_of_hand_overs() -> None:
    lines = shown(RUNS, 120)
    title = next(i for i, line in enumerate(lines) if line.startswith("Where the time"))
    (row,) = (line for line in lines[title:] if re.search(r"\b1500\b", line))
    assert re.findall(r"\d+", row) == ["3", "1500", "400", "10", "50", "30", "3", "0"]
    assert not any("Where the time" in line for line in shown([run_of()]))


def test_what_clients_were_told_and_notes_are_shown_as_they_are() -> None:
    (row,) = (line for line in shown(RUNS, 160) if "went [on]" in line)
    assert "14 connection refused; 6 500; with a full disk it went [on]" in row


def test_every_fault_is_a_line_of_its_own() -> None:
    runs = [*RUNS, run_of("all-killed", 4, lost=1, stale=(Stale("a", 0.1, 1),))]
    lost, stale = (line for line in shown(runs, 120) if line.startswith("✗"))
    assert lost == "✗ all-killed 4: 1 acknowledged writes lost"
    assert stale.startswith("✗ all-killed 4: 1 stale reads, the first from a")
    assert not any(line.startswith("✗") for line in shown(RUNS))


def test_a_run_in_one_line() -> None:
    assert report.line_of(run_of(out=0.61)).endswith(
        "step-down 1: writes out 0.61 s, 0 of 50 failed with retries, healthy after 2.0 s"
    )
    assert "; 1 acknowledged writes lost" in report.line_of(run_of(lost=1))
