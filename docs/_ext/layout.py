"""Where the packages stand in their picture.

Each stands in a row above all that it imports. An arrow that passes a row has a place of its own in
it, as a package has; then each row is put in the order, and at the places, to which its arrows pull
it (Sugiyama's way, with means for the order).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

from docs._ext.imports import Graph

WIDTH: Final = 200
"""Of a package, in pixels as all lengths here."""
_PASSAGE: Final = 8
_GAP: Final = 20
_SWEEPS: Final = 24
"""Up and down; in the first half the order may change, in the second only the places."""


@dataclass(frozen=True, slots=True)
class Place:
    """A package in its row, or an arrow that passes it."""

    part: str
    row: int
    towards: str = ""
    """Where the arrow leads to, if it is one."""

    @property
    def width(self) -> int:
        return _PASSAGE if self.towards else WIDTH


@dataclass(frozen=True, slots=True)
class Layout:
    rows: Sequence[Sequence[Place]]
    """From those that import nothing upwards; each from the left."""
    ways: Sequence[tuple[Place, Place]]
    """Pieces of arrows, from a row to the one below."""
    centres: Mapping[Place, float]


def layout(packages: Graph) -> Layout:
    """Where everything stands."""
    rows: list[list[Place]] = [
        [] for _ in range(1 + max(packages.depth(part) for part in packages.says))
    ]
    for part in packages.says:
        rows[packages.depth(part)].append(Place(part, packages.depth(part)))
    ways = []
    for who, what in sorted(packages.imports):
        above, last = Place(who, packages.depth(who)), Place(what, packages.depth(what))
        for row in range(above.row - 1, last.row, -1):
            rows[row].append(Place(who, row, what))
            ways.append((above, rows[row][-1]))
            above = rows[row][-1]
        ways.append((above, last))
    centres = {place: x for row in rows for place, x in _apart(row, [0.0] * len(row))}
    for sweep in range(_SWEEPS):
        for number in range(len(rows)) if sweep % 2 else reversed(range(len(rows))):
            wished = {place: _pulled(place, ways, centres) for place in rows[number]}
            if sweep < _SWEEPS // 2:
                rows[number].sort(key=wished.__getitem__)
            centres |= dict(_apart(rows[number], [wished[place] for place in rows[number]]))
    return Layout(rows, ways, centres)


def _pulled(
    place: Place, ways: Sequence[tuple[Place, Place]], centres: Mapping[Place, float]
) -> float:
    ends = [centres[below] for above, below in ways if above == place]
    ends += [centres[above] for above, below in ways if below == place]
    return fmean(ends) if ends else centres[place]


def _apart(row: Sequence[Place], wished: Sequence[float]) -> Iterator[tuple[Place, float]]:
    """As near to what they wish as they can be side by side."""
    found: list[float] = []
    for number, (place, wish) in enumerate(zip(row, wished, strict=True)):
        least = wish
        if number:
            least = found[-1] + (row[number - 1].width + place.width) / 2 + _GAP
        found.append(max(wish, least))
    shift = fmean(wish - x for wish, x in zip(wished, found, strict=True)) if found else 0.0
    return zip(row, (x + shift for x in found), strict=True)
