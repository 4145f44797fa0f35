"""The words of a line are read as a reviewer reads them."""

from __future__ import annotations

import pytest

from policies.acl import Acl
from policies.hcl import Capability, parse
from policies.review.difference import AccessChange, Direction
from rehearsal.fuzz.lines import opposite, said

GAINED, LOST = Direction.GAINED, Direction.LOST
READ, LIST = Capability.READ, Capability.LIST
NOBODY = {direction: Acl.of([]) for direction in Direction}


def line(paths: str, *besides: str) -> AccessChange:
    return AccessChange(GAINED, (READ,), paths, besides, "witness", paths, ("",))


@pytest.mark.parametrize(
    ("paths", "path", "about"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/", False),
        ("a/*", "a/", True),
        ("a/*", "a/b/c", True),
        ("a/*", "a", False),
        ("a/+/c", "a/b/c", True),
        ("a/+/c", "a//c", True),
        ("a/+/c", "a/b/b/c", False),
        ("a/b+/c", "a/bb/c", True),
        ("a/b+/c", "a/c/c", False),
        ("a/b+", "a/bc", True),
        ("a/b+", "a/bc/d", False),
        ("a/+/*", "a/b/c/d", True),
        ("*/a.", "*/a.", True),
        ("*/a.", "b/a.", False),
        ("a.", "ab", False),
        ("a**", "a*b", True),
        ("a**", "ab", False),
        ("a*", "a\nb", True),
    ],
)
def test_words_mean_these_paths(paths: str, path: str, about: bool) -> None:
    assert set(said([line(paths)], NOBODY, path)) == ({(GAINED, READ)} if about else set())


def test_what_is_besides_is_not_meant() -> None:
    lines = [line("a/*", "a/b/*", "a/c")]
    assert not set(said(lines, NOBODY, "a/b/d"))
    assert not set(said(lines, NOBODY, "a/c"))
    assert set(said(lines, NOBODY, "a/c/d"))


def test_a_line_on_list_is_about_the_rules_that_it_names() -> None:
    sides = {
        GAINED: Acl.of([parse('path "a/*" { capabilities = ["list"] }')]),
        LOST: Acl.of([parse('path "a/b" { capabilities = ["read"] }')]),
    }
    everywhere = AccessChange(GAINED, (LIST,), "a/*", (), "a/", "a/*", ("", "a/b"))
    only_elsewhere = AccessChange(GAINED, (LIST,), "a/*", ("a/b",), "a/", "a/*", ("",))
    assert set(said([everywhere], sides, "a/b/")) == {(GAINED, LIST)}
    assert not set(said([only_elsewhere], sides, "a/b/"))
    assert set(said([only_elsewhere], sides, "a/c/")) == {(GAINED, LIST)}
    assert not set(said([everywhere], sides, "b/"))


def test_what_one_side_gains_the_other_loses() -> None:
    assert opposite(GAINED) is LOST
    assert opposite(LOST) is GAINED
