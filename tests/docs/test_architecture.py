"""The picture in docs/architecture.md is of the folders and files that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import pytest

from tests.recording import ROOT
from tests.test_architecture import OWN

PAGE: Final = ROOT / "docs" / "architecture.md"
_WIDE: Final = re.compile(r" {2,}")
_ENTRY: Final = re.compile(r"[\w./-]+(?:/|\.\w+)")


def lines(text: str) -> Iterator[tuple[PurePosixPath, str]]:
    """The picture's lines, each with the folder that it tells of: by how far it is indented, and
    where it only goes on with an explanation, that one's.
    """
    (picture,) = re.findall(r"## The picture\n\n```\n(.*?)```", text, re.DOTALL)
    inside = {0: PurePosixPath()}
    for line in picture.splitlines():
        depth = len(line) - len(line.lstrip())
        named = entries(line)
        if named:
            inside = {at: folder for at, folder in inside.items() if at <= depth}
        folder = inside[max(at for at in inside if at <= depth)]
        yield folder, line
        if named and named[0].endswith("/"):
            inside[depth + 2] = folder / named[0]


def entries(line: str) -> list[str]:
    """What stands before the explanation, if that is files and folders."""
    words = _WIDE.split(line.strip())[0].split()
    return words if all(map(_ENTRY.fullmatch, words)) else []


def told(folder: PurePosixPath, text: str) -> bool:
    """Whether it is an entry, or its name is in what is said of the folder that it is in."""
    for around, line in lines(text):
        of = {around, *(around / entry for entry in entries(line))}
        if folder in of or (folder.parent in of and f"{folder.name}/" in line.split()):
            return True
    return False


TEXT: Final = PAGE.read_text()
CODE: Final = sorted({path.parent.as_posix() for path in OWN} | {"docs/_ext", "teams", "tools"})
NAMED: Final = [str(folder / entry) for folder, line in lines(TEXT) for entry in entries(line)]


def test_a_picture_is_read_as_people_do() -> None:
    drawn = "a/    the first", "  b.py c.py    two", "      more/ of it", "d/e/   deep"
    text = "\n".join(("## The picture\n\n```", *drawn, "```"))
    assert [str(folder) for folder, _ in lines(text)] == [".", "a", "a", "."]
    assert [entries(line) for _, line in lines(text)] == [["a/"], ["b.py", "c.py"], [], ["d/e/"]]
    assert told(PurePosixPath("a"), text)
    assert told(PurePosixPath("a/more"), text)
    assert told(PurePosixPath("d/e"), text)
    assert not told(PurePosixPath("d/f"), text)


@pytest.mark.parametrize("name", NAMED)
def test_what_is_named_is_there(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("folder", CODE)
def test_every_folder_with_code_is_named(folder: str) -> None:
    assert told(PurePosixPath(folder), TEXT)
