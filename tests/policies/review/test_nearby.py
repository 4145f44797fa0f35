"""Leaving out what is nowhere near a change changes no difference."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from random import Random
from unittest.mock import patch

import pytest

from policies.acl import Acl, Pattern, Rule
from policies.hcl import Capability, Stanza, parse
from policies.review import difference as module
from policies.review.difference import AccessChange, Direction, difference
from policies.review.nearby import differing, near
from rehearsal.fuzz.generator import Maker

READ, LIST, SUDO, UPDATE = (
    Capability.READ,
    Capability.LIST,
    Capability.SUDO,
    Capability.UPDATE,
)


def acl(*paths: str, capabilities: tuple[Capability, ...] = (READ,), comment: str = "") -> Acl:
    return Acl.of([[Stanza(path, capabilities, comment) for path in paths]])


def texts(patterns: frozenset[Pattern]) -> set[str]:
    return {pattern.text for pattern in patterns}


def test_rules_differ_by_what_they_decide() -> None:
    assert list(differing(acl("a", comment="one"), acl("a", comment="other"))) == []
    assert list(differing(acl("a"), acl("a", capabilities=(READ, LIST)))) == [Pattern.of("a")]
    assert set(differing(acl("a", "b"), acl("b", "c"))) == {Pattern.of("a"), Pattern.of("c")}


@pytest.mark.parametrize(
    ("place", "nearby"),
    [
        (
            "secret/data/shop/*",
            {"secret/data/shop/*", "secret/data/shop", "secret/+/shop/*", "+/*"},
        ),
        ("secret/data/shop", {"secret/data/shop/*", "secret/data/shop", "secret/+/shop/*", "+/*"}),
        ("auth/token/*", {"auth/token/lookup-self", "+/*"}),
        ("other/x/y", {"+/*"}),
    ],
)
def test_near_is_what_asks_for_no_other_folder(place: str, nearby: set[str]) -> None:
    given = acl(
        "secret/data/shop/*",
        "secret/data/shop",
        "secret/+/shop/*",
        "secret/metadata/shop/*",
        "auth/token/lookup-self",
        "+/*",
    )
    expected = nearby | ({"secret/data/shop"} if place.startswith("secret") else set())
    assert texts(near((given,), [Pattern.of(place)])) == expected


def granted(rule: Rule | None) -> frozenset[Capability]:
    return rule.granted if rule else frozenset()


def untold(change: AccessChange) -> AccessChange:
    """Without its witness: a rule that is left out may have lent a name to another path."""
    return replace(change, witness="")


@pytest.mark.parametrize("seed", range(150))
def test_every_difference_is_as_it_is_with_all_rules(seed: int) -> None:
    maker = Maker(Random(seed))
    labels = maker.labels(8)
    some, more, other = (parse(maker.policy(labels)) for _ in range(3))
    before, after = Acl({"a": some, "b": more}), Acl({"a": some, "b": other})
    every = frozenset(chain(before.rules, after.rules))
    with patch.object(module, "near", lambda *_: every):
        expected = difference(before, after)
    found = difference(before, after)
    assert list(map(untold, found)) == list(map(untold, expected))
    for change in found:
        sides = (before, after) if change.direction is Direction.GAINED else (after, before)
        # Of `sudo`, either can have changed.
        only_list, only_sudo = (change.capabilities == (one,) for one in (LIST, SUDO))
        ways = [only_list, only_list or only_sudo]
        shown = [
            [granted(side.rule(change.witness, listing=way)) for side in sides] for way in ways
        ]
        assert any(
            has.issuperset(change.capabilities)
            and (change.example or had.isdisjoint(change.capabilities))
            for had, has in shown
        ), change
