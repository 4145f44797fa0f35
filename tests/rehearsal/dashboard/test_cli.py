"""`python -m rehearsal.dashboard`, as far as it starts nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.operations.telemetry.dashboard.document import text
from rehearsal.dashboard.__main__ import main


def test_the_file_alone_is_written_at_once(tmp_path: Path) -> None:
    file = tmp_path / "dashboard.json"
    assert main(["--json-only", "--json", str(file)]) == 0
    assert file.read_text(encoding="utf-8") == text()


def test_a_run_too_short_to_show_anything_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--seconds", "5", "--json", str(tmp_path / "dashboard.json")])
    assert ended.value.code == 2
    assert "--seconds 5: must be at least 20" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "missing" / "dashboard.json"
    assert main(["--json-only", "--json", str(file)]) == 1
    assert "The dashboard stopped" in capsys.readouterr().err
