"""`python -m rehearsal.dashboard`, as far as it starts nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.operations.telemetry.dashboard.document import text
from rehearsal import binaries
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


@pytest.mark.parametrize("option", ["--json", "--picture"])
def test_a_folder_that_is_not_there_is_told_before_anything_is_written_or_built(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "ensure", None)
    kept = ["--json", str(tmp_path / "dashboard.json"), "--picture", str(tmp_path / "it.svg")]
    assert main([*kept, option, str(tmp_path / "missing" / "file")]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "The dashboard stopped" in said
    assert "its folder does not exist; make it first" in said
    assert list(tmp_path.iterdir()) == []


def test_a_picture_that_is_not_drawn_needs_no_folder(tmp_path: Path) -> None:
    picture = ["--picture", str(tmp_path / "missing" / "it.svg")]
    assert main(["--json-only", "--json", str(tmp_path / "dashboard.json"), *picture]) == 0
