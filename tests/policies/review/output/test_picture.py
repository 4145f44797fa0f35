"""A grid in letters, signs and words."""

from __future__ import annotations

import pytest

from policies.hcl import Capability
from policies.review.columns import in_order
from policies.review.grid import Extent, Grid, Mark, Row, Rows
from policies.review.output.picture import LETTERS, MOST_COLUMNS, Fate, square, tables

NONE, SOME, ALL = Extent.NONE, Extent.SOME, Extent.ALL
READ, LIST = Capability.READ, Capability.LIST


def mark(
    before: Extent,
    after: Extent,
    signs: str = "",
    *,
    capability: Capability = READ,
    conditions: str = "",
) -> Mark:
    return Mark(capability, before, after, "+" in signs, "-" in signs, conditions)


def test_every_capability_has_a_letter_of_its_own() -> None:
    assert LETTERS.keys() == set(Capability) - {Capability.DENY}
    assert len(set(LETTERS.values())) == len(LETTERS)


@pytest.mark.parametrize(
    ("one", "letter", "says"),
    [
        (mark(ALL, ALL), ("kept", "", "R", "R"), "read"),
        (mark(SOME, SOME), ("kept", "", "r", "r"), "read on some of it"),
        (mark(NONE, ALL, "+"), ("gained", "+", "", "R"), "gained: read"),
        (mark(NONE, SOME, "+"), ("gained", "+", "", "r"), "gained: read on some of it"),
        (mark(ALL, NONE, "-"), ("lost", "\N{MINUS SIGN}", "R", ""), "lost: read"),
        (
            mark(SOME, ALL, "+"),
            ("gained", "+", "r", "R"),
            "gained: read on all of it, before on some",
        ),
        (
            mark(ALL, SOME, "-"),
            ("lost", "\N{MINUS SIGN}", "R", "r"),
            "lost: read on some of it, before on all",
        ),
        (
            mark(SOME, SOME, "+-"),
            ("moved", "\N{PLUS-MINUS SIGN}", "r", "r"),
            "moved: read on some of it",
        ),
        (
            mark(ALL, ALL, "+", conditions="wrapped"),
            ("gained", "+", "R", "R"),
            "gained: read (wrapped)",
        ),
    ],
)
def test_a_mark(one: Mark, letter: tuple[str, ...], says: str) -> None:
    found = square((one,))
    (shown,) = found.letters
    assert (shown.fate.value, shown.sign, shown.before, shown.after) == letter
    assert shown.conditional is bool(one.conditions)
    assert found.says == says
    assert found.changed is (shown.fate is not Fate.KEPT)


def test_words_put_together_what_became_of_it() -> None:
    cell = (
        mark(ALL, ALL),
        mark(NONE, ALL, "+", capability=LIST),
        mark(NONE, ALL, "+", capability=Capability.PATCH),
    )
    assert square(cell).says == "kept: read; gained: list and patch"
    assert square(()).says == ""


def test_each_section_is_a_table_with_headings() -> None:
    columns = in_order(["secret/data/a", "secret/data/b", "secret/metadata/a", "sys/mounts"])
    kept, new = (mark(ALL, ALL),), (mark(NONE, ALL, "+"),)
    rows = (
        Row("shop/api", was_there=True, is_there=True, cells=(kept, (), (), new)),
        Row("shop/ci", was_there=False, is_there=True, cells=((), (), (), new)),
        Row("shop/old", was_there=True, is_there=False, cells=((), (), (), kept)),
        Row("shop/same", was_there=True, is_there=True, cells=((), (), (), kept)),
        Row("shop/term", was_there=True, is_there=True, cells=((), (), (), kept)),
    )
    other = Row("other/api", was_there=True, is_there=True, cells=((), (), (), ()))
    grid = Grid(columns, (Rows("other", "", (other,)), Rows("shop", "shop-team", rows)))
    secrets, vault = tables(grid, frozenset({"shop/term"}))
    assert secrets.headings == (("secret/data", 2), ("secret/metadata", 1))
    assert secrets.first == {0, 2}
    assert [column.path for column in vault.columns] == ["sys/mounts"]
    (group,) = vault.groups
    assert [band.status for band in group.bands] == ["changed", "added", "removed", "", "changed"]
    assert [band.name for band in group.bands] == ["api", "ci", "old", "same", "term"]
    assert group.bands[0].squares == (square(new),)
    assert vault.nothing == ("other/api",)
    assert [band.label for band in secrets.groups[0].bands] == ["shop/api"]
    assert secrets.groups[0].bands[0].squares == (square(kept), square(()), square(()))
    assert secrets.nothing == ("other/api", "shop/ci", "shop/old", "shop/same", "shop/term")


def test_of_too_many_columns_those_that_change_are_shown_and_the_rest_counted() -> None:
    columns = in_order(f"sys/path-{number:03}" for number in range(100))
    cells = tuple(
        (mark(NONE, ALL, "+"),) if n in (70, 99) else (mark(ALL, ALL),) for n in range(100)
    )
    row = Row("shop/api", was_there=True, is_there=True, cells=cells)
    (table,) = tables(Grid(columns, (Rows("shop", "", (row,)),)))
    assert [column.name for column in table.columns] == [
        *(f"path-{number:03}" for number in range(MOST_COLUMNS - 2)),
        "path-070",
        "path-099",
    ]
    assert table.left_out == 100 - MOST_COLUMNS
    assert len(table.groups[0].bands[0].squares) == MOST_COLUMNS
