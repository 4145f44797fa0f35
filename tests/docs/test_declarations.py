"""What is public of a module is read from its source, as its author wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs._ext.declarations import Declared, Kind, Module, names, read

MODULE = '''\
"""What it is.

More of it.
"""
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, overload

MOST: Final = 3
"""Of them."""
_HIDDEN = 4
Either = int | str

class Colour(StrEnum):
    """Of a wall."""
    RED = "red"
    """Like a rose."""
    BLUE = "blue"

@dataclass(frozen=True, kw_only=True)
class _Base:
    reason: str = ""

@dataclass(frozen=True)
class Wall(_Base):
    """Stands."""
    colour: Colour
    """What it looks like."""
    height: int = field(default=2, repr=False)
    stones: list[int] = field(default_factory=list)
    weight: int = field(init=False)

    @property
    def area(self) -> int:
        """Square."""
        return 1

    @classmethod
    def of(cls, text: str) -> "Wall": ...

    @staticmethod
    def known(text: str, /, *, strict: bool = True) -> bool: ...

    @overload
    def paint(self, how: int) -> None: ...
    def paint(self, how: object) -> None: ...
    def _hidden(self) -> None: ...

class WallError(Exception):
    """Fell."""
    def __init__(self, wall: Wall) -> None: ...

async def build(*parts: str, by: str = "hand") -> Wall:
    """Up."""

def _hidden() -> None: ...
'''


@pytest.fixture
def module(tmp_path: Path) -> Module:
    (tmp_path / "walls.py").write_text(MODULE)
    return read(tmp_path, "", "walls")


def of(module: Module, name: str) -> Declared:
    (found,) = (one for one in module.declared if one.name == name)
    return found


def test_what_is_public_is_there_in_its_order(module: Module) -> None:
    assert module.text == "What it is.\n\nMore of it."
    assert [(one.kind.value, one.name) for one in module.declared] == [
        ("data", "MOST"),
        ("data", "Either"),
        ("class", "Colour"),
        ("class", "Wall"),
        ("exception", "WallError"),
        ("function", "build"),
    ]


def test_a_constant_has_its_value_and_what_stands_below_it(module: Module) -> None:
    assert of(module, "MOST") == Declared(Kind.DATA, "MOST", " = 3", "Of them.", 9)
    assert of(module, "Either").signature == " = int | str"


def test_an_enums_members_are_all_there(module: Module) -> None:
    colour = of(module, "Colour")
    assert colour.signature == ""
    assert [(one.name, one.signature, one.text) for one in colour.members] == [
        ("RED", " = 'red'", "Like a rose."),
        ("BLUE", " = 'blue'", ""),
    ]


def test_a_dataclass_is_made_of_its_fields_and_its_bases(module: Module) -> None:
    wall = of(module, "Wall")
    assert wall.signature == (
        "(colour: Colour, height: int = 2, stones: list[int] = ..., *, reason: str = '')"
    )
    assert [(one.kind.value, one.name, one.signature, one.options) for one in wall.members] == [
        ("attribute", "colour", ": Colour", ()),
        ("property", "area", ": int", ()),
        ("method", "of", "(text: str) -> 'Wall'", ("classmethod",)),
        ("method", "known", "(text: str, /, *, strict: bool=True) -> bool", ("staticmethod",)),
        ("method", "paint", "(how: object) -> None", ()),
    ]


def test_other_classes_and_functions_have_their_parameters(module: Module) -> None:
    assert of(module, "WallError").signature == "(wall: Wall)"
    build = of(module, "build")
    assert build.signature == "(*parts: str, by: str='hand') -> Wall"
    assert build.options == ("async",)


def package(home: Path) -> None:
    (home / "house" / "inner").mkdir(parents=True)
    (home / "house" / "__main__.py").write_text('"""The command."""\n')
    (home / "house" / "walls.py").write_text(MODULE)
    (home / "house" / "inner" / "__init__.py").write_text(
        "from house.walls import Wall\n__all__ = ['Wall']\n"
    )


def test_a_package_has_what_it_exports_from_wherever_that_is(tmp_path: Path) -> None:
    package(tmp_path)
    (tmp_path / "house" / "__init__.py").write_text(
        '"""A house."""\nfrom house import walls\nfrom house.inner import Wall\n'
        "__all__ = ['Wall', 'walls']\n"
    )
    read_one = read(tmp_path, "", "house")
    assert [one.name for one in read_one.declared] == ["Wall"]
    assert read_one.declared[0].text == "Stands."
    assert read_one.path == Path("house/__init__.py")


def test_an_export_of_nothing_is_an_error(tmp_path: Path) -> None:
    package(tmp_path)
    (tmp_path / "house" / "__init__.py").write_text("__all__ = ['Gone']\n")
    with pytest.raises(LookupError, match="house: __all__ names Gone"):
        read(tmp_path, "", "house")


def test_a_packages_modules_are_listed_without_its_commands(tmp_path: Path) -> None:
    package(tmp_path / "below")
    (tmp_path / "below" / "house" / "__init__.py").write_text("")
    assert list(names(tmp_path, "below", "house")) == ["house", "house.inner", "house.walls"]
