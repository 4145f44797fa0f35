"""Files that could not be written at the end are refused at the start."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.destinations import require_folders
from rehearsal.errors import RehearsalError


def test_a_folder_that_is_there_or_a_file_that_nobody_wants_is_fine(tmp_path: Path) -> None:
    require_folders({"--json": tmp_path / "figures.json", "--picture": None, "--page": Path("x")})
    assert list(tmp_path.iterdir()) == []


def test_the_option_the_file_and_what_to_do_are_named(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "figures.svg"
    with pytest.raises(RehearsalError) as refused:
        require_folders({"--json": tmp_path / "figures.json", "--picture": file})
    assert str(refused.value) == f"--picture {file}: its folder does not exist; make it first"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RehearsalError, match="its folder does not exist"):
        require_folders({"--json": tmp_path / "file" / "figures.json"})
