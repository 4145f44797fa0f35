"""A list that cannot be read is told by its name."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from supply import lists
from supply.step import CannotAudit


class Words(msgspec.Struct, forbid_unknown_fields=True):
    words: list[str]


def test_what_it_holds(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text('words = ["one"]')
    assert lists.read(file, Words) == Words(["one"])


@pytest.mark.parametrize("text", ["words = [1]", "words = [", "other = 1", None])
def test_what_it_may_not_hold(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "words.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(CannotAudit, match=r"words\.toml"):
        lists.read(file, Words)
