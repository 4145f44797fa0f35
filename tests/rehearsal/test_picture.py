"""What a terminal shows, as a picture."""

from __future__ import annotations

from pathlib import Path

from rehearsal.drill import report
from rehearsal.drill.catalogue import DRILLS
from rehearsal.picture import save_picture
from tests.rehearsal.drill.made import run_of

RUNS = [run_of("step-down", 1), run_of("step-down", 2)]


def test_the_picture_refers_to_nothing_outside_itself(tmp_path: Path) -> None:
    save_picture(
        tmp_path / "drill.svg", "make drill", lambda console: report.show(console, DRILLS, RUNS)
    )
    svg = (tmp_path / "drill.svg").read_text()
    assert "make&#160;drill" in svg or "make drill" in svg
    assert "@font-face" not in svg
    assert "url(http" not in svg
