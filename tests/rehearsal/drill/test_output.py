"""What drills leave behind."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.drill import output, report
from rehearsal.drill.catalogue import DRILLS
from tests.rehearsal.drill.made import run_of

RUNS = [run_of("step-down", 1), run_of("step-down", 2)]


def test_the_json_holds_every_run_and_of_what_cluster(tmp_path: Path) -> None:
    output.write_json(tmp_path / "runs.json", {"environment": "staging"}, RUNS)
    read = json.loads((tmp_path / "runs.json").read_text())
    assert read["environment"] == "staging"
    assert [(run["drill"], run["number"]) for run in read["runs"]] == [
        (run.drill, run.number) for run in RUNS
    ]


def test_the_picture_refers_to_nothing_outside_itself(tmp_path: Path) -> None:
    output.save_picture(
        tmp_path / "drill.svg", "make drill", lambda console: report.show(console, DRILLS, RUNS)
    )
    svg = (tmp_path / "drill.svg").read_text()
    assert "make&#160;drill" in svg or "make drill" in svg
    assert "@font-face" not in svg
    assert "url(http" not in svg
