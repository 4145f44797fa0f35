"""What drills leave behind."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.drill import output
from tests.rehearsal.drill.made import run_of

RUNS = [run_of("step-down", 1), run_of("step-down", 2)]


def test_the_json_holds_every_run_and_of_what_cluster(tmp_path: Path) -> None:
    output.write_json(tmp_path / "runs.json", {"environment": "staging"}, RUNS)
    read = json.loads((tmp_path / "runs.json").read_text())
    assert read["environment"] == "staging"
    assert [(run["drill"], run["number"]) for run in read["runs"]] == [
        (run.drill, run.number) for run in RUNS
    ]
