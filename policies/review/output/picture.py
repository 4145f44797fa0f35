"""A grid as tables that fit a page: one for each kind of column, in letters, signs and words.

A letter is a capability, upper case on all of the column's paths and lower case on some. Whoever
sees no letters is told the same in words. How it looks is the page's business.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import groupby
from typing import Final

from policies.hcl import Capability
from policies.review.columns import Column, Section
from policies.review.difference import Direction
from policies.review.grid import Cell, Extent, Grid, Mark, Row
from policies.review.output.wording import SIGN
from policies.texts import joined

LETTERS: Final[Mapping[Capability, str]] = {
    Capability.CREATE: "C",
    Capability.READ: "R",
    Capability.UPDATE: "U",
    Capability.DELETE: "D",
    Capability.LIST: "L",
    Capability.SUDO: "S",
    Capability.PATCH: "P",
    Capability.SUBSCRIBE: "E",
    Capability.RECOVER: "V",
}


@unique
class Fate(StrEnum):
    """What became of a capability in a cell."""

    KEPT = "kept"
    GAINED = "gained"
    LOST = "lost"
    MOVED = "moved"
    """Gained on some of the paths, and lost on others."""


_SIGNS: Final = {
    Fate.KEPT: "",
    Fate.GAINED: SIGN[Direction.GAINED],
    Fate.LOST: SIGN[Direction.LOST],
    Fate.MOVED: "\N{PLUS-MINUS SIGN}",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """`before` and `after` are empty where there is nothing."""

    fate: Fate
    sign: str
    before: str
    after: str
    conditional: bool


@dataclass(frozen=True, slots=True)
class Square:
    """A cell."""

    letters: tuple[Letter, ...]
    says: str
    """All of it in words."""
    changed: bool


@dataclass(frozen=True, slots=True)
class Band:
    """One workload."""

    label: str
    name: str
    """The label without its application."""
    status: str
    """`added`, `removed`, `changed`, or nothing."""
    squares: tuple[Square, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """An application's workloads."""

    name: str
    team: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class Table:
    section: Section
    headings: tuple[tuple[str, int], ...]
    """What columns have in common, and how many they are."""
    columns: tuple[Column, ...]
    first: frozenset[int]
    """Which columns begin a heading."""
    groups: tuple[Group, ...]
    """Workloads that may do something here, or might before."""
    nothing: tuple[str, ...]
    """Labels of all others."""
    left_out: int
    """Columns that are not shown, for there are too many."""


MOST_COLUMNS: Final = 40
"""In one table."""


def tables(grid: Grid, changed: frozenset[str] = frozenset()) -> Iterator[Table]:
    """One for each section that has columns. `changed`: labels of those that changed in whatever
    no cell shows, such as who may log in.
    """
    numbered = list(enumerate(grid.columns))
    every = [row for rows in grid.applications for row in rows.rows]
    for section, theirs in groupby(numbered, key=lambda item: item[1].section):
        places = [place for place, _ in theirs]
        shown = _shown(places, every)
        columns = tuple(grid.columns[place] for place in shown)
        headings = tuple(
            (heading, len(list(same)))
            for heading, same in groupby(columns, key=lambda column: column.group)
        )
        starts = (sum(width for _, width in headings[:number]) for number in range(len(headings)))
        groups = (
            Group(
                rows.application,
                rows.team,
                tuple(_band(row, shown, changed) for row in rows.rows if _any(row, places)),
            )
            for rows in grid.applications
        )
        yield Table(
            section,
            headings,
            columns,
            frozenset(starts),
            tuple(group for group in groups if group.bands),
            tuple(row.label for row in every if not _any(row, places)),
            len(places) - len(shown),
        )


def _shown(places: Sequence[int], rows: Iterable[Row]) -> list[int]:
    """Of too many columns those in which something changes, and then the first."""
    moving = {
        place
        for row in rows
        for place in places
        if any(mark.gained or mark.lost for mark in row.cells[place])
    }
    return sorted(sorted(places, key=lambda place: place not in moving)[:MOST_COLUMNS])


def _any(row: Row, places: Iterable[int]) -> bool:
    return any(row.cells[place] for place in places)


def _band(row: Row, places: Iterable[int], changed: frozenset[str]) -> Band:
    squares = tuple(square(row.cells[place]) for place in places)
    return Band(row.label, row.label.partition("/")[2] or row.label, _status(row, changed), squares)


def _status(row: Row, changed: frozenset[str]) -> str:
    if not row.was_there:
        return "added"
    if not row.is_there:
        return "removed"
    return "changed" if row.changed or row.label in changed else ""


def square(cell: Cell) -> Square:
    letters = tuple(map(_letter, cell))
    said = dict[str, list[str]]()
    for mark, letter in zip(cell, letters, strict=True):
        said.setdefault(letter.fate.value, []).append(_words(mark))
    words = [f"{fate}: {joined(what)}" for fate, what in said.items()]
    kept_only = list(said) == [Fate.KEPT.value]
    says = joined(said[Fate.KEPT.value]) if kept_only else "; ".join(words)
    return Square(letters, says, any(letter.fate is not Fate.KEPT for letter in letters))


def _letter(mark: Mark) -> Letter:
    fate = _fate(mark)
    letter = LETTERS[mark.capability]
    before, after = (_case(letter, extent) for extent in (mark.before, mark.after))
    return Letter(fate, _SIGNS[fate], before, after, bool(mark.conditions))


def _fate(mark: Mark) -> Fate:
    if mark.gained and mark.lost:
        return Fate.MOVED
    if mark.gained:
        return Fate.GAINED
    return Fate.LOST if mark.lost else Fate.KEPT


def _case(letter: str, extent: Extent) -> str:
    return {Extent.ALL: letter, Extent.SOME: letter.lower(), Extent.NONE: ""}[extent]


def _words(mark: Mark) -> str:
    text = mark.capability.value
    extents = (mark.before, mark.after)
    if extents == (Extent.SOME, Extent.ALL):
        text += " on all of it, before on some"
    elif extents == (Extent.ALL, Extent.SOME):
        text += " on some of it, before on all"
    elif Extent.SOME in extents:
        text += " on some of it"
    return f"{text} ({mark.conditions})" if mark.conditions else text
