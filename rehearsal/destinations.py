"""Where a command's files go: looked at before it takes its minutes, so that no figure is lost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rehearsal.errors import RehearsalError


def require_folders(files: Mapping[str, Path | None]) -> None:
    """`files`: by the option that names each, none where it was not given. Raises `RehearsalError`
    for the first whose folder does not exist; makes none.
    """
    for option, file in files.items():
        if file and not file.parent.is_dir():
            raise RehearsalError(f"{option} {file}: its folder does not exist; make it first")
