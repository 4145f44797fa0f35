"""The command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.drill.__main__ import main


@pytest.mark.parametrize(
    "arguments",
    [["--env", "dev"], ["--repeat", "0"], ["--repeat", "often"], ["--only"], ["--picture"]],
)
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m rehearsal.drill" in capsys.readouterr().err


def test_a_drill_that_is_none_stops_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--only", "flood"]) == 1
    assert "no drill is named flood" in " ".join(capsys.readouterr().err.split())


def test_a_folder_that_is_not_there_is_told_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--json", str(tmp_path / "none" / "runs.json")]) == 1
    assert "its folder does not exist" in " ".join(capsys.readouterr().err.split())
