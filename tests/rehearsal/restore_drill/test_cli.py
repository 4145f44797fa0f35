"""`python -m rehearsal.restore_drill`, as far as it starts nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal import binaries
from rehearsal.restore_drill.__main__ import main


@pytest.mark.parametrize("option", ["--json", "--picture"])
def test_a_folder_that_is_not_there_is_told_before_anything_is_built(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "ensure", None)
    assert main([option, str(tmp_path / "missing" / "figures")]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith(f"The drill stopped: {option}")
    assert said.endswith("its folder does not exist; make it first")


def test_an_environment_without_a_cluster_is_a_wrong_usage() -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--env", "dev"])
