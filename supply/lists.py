"""Reads the audit's own lists: TOML, checked against what they may hold."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

import msgspec

from supply.step import CannotAudit

_List = TypeVar("_List")


def read(file: Path, kind: type[_List]) -> _List:
    """Raises `CannotAudit`, which names the file and what is wrong with it."""
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), kind)
    except (OSError, ValueError, msgspec.ValidationError) as error:
        raise CannotAudit(f"{file}: {error}; its head says what it may hold") from None
