"""Regions hold every path there is, and what they say of their paths is what is decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random
from typing import TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.acl import Acl, Pattern, Region, Rule, plainness, regions, witness
from policies.acl.templates import Symbolic
from policies.hcl import Capability, parse
from rehearsal.fuzz.generator import Maker

RULES = ("a", "b", "ab", "any", "other", "any1", "ä")
DRAWN = settings(max_examples=150, suppress_health_check=list(HealthCheck))
RANDOM = st.randoms(use_true_random=False, note_method_calls=False)

Patterns: TypeAlias = tuple[Pattern | None, ...]
Key: TypeAlias = tuple[Patterns, Patterns, Patterns, frozenset[Pattern]]


def acl_of(*stanzas: str) -> Acl:
    """From `PATH: CAPABILITY, CAPABILITY`."""
    blocks = (stanza.rpartition(": ") for stanza in stanzas)
    text = "\n".join(
        f'path "{path}" {{ capabilities = [{", ".join(f"{word!r}" for word in words.split())}] }}'
        for path, _, words in blocks
    )
    return Acl.of([parse(text.replace("'", '"'))])


def drawn(random: Random) -> tuple[Maker, list[str], list[Acl], list[Pattern]]:
    """Two ACLs about the same labels, and some patterns to ask for."""
    maker = Maker(random, literals=RULES)
    labels = maker.labels(random.choice((1, 2, 4, 6)))
    acls = [Acl.of([parse(maker.policy(labels))], Symbolic()) for _ in range(2)]
    marked = [Pattern.of(maker.near(random.choice(labels))) for _ in range(2)]
    return maker, labels, acls, marked


def patterns(rules: Sequence[Rule | None]) -> Patterns:
    return tuple(rule.pattern if rule else None for rule in rules)


def key(region: Region) -> Key:
    return patterns(region.rules), patterns(region.listing), patterns(region.folder), region.within


def decided(path: str, acls: Sequence[Acl], marked: Sequence[Pattern]) -> Key:
    return (
        patterns([acl.rule(path) for acl in acls]),
        patterns([acl.rule(path, listing=True) for acl in acls]),
        patterns([acl.rule(path.removesuffix("/") or path) for acl in acls]),
        frozenset(pattern for pattern in marked if pattern.matches(path)),
    )


def asked_for(path: str, marked: Sequence[Pattern]) -> bool:
    return any(p.matches(path) or p.matches(path.removesuffix("/")) for p in marked)


@DRAWN
@given(random=RANDOM)
def test_a_witness_is_decided_as_its_region_says(random: Random) -> None:
    _, _, acls, marked = drawn(random)
    for within in (None, marked):
        for region in regions(acls, within):
            assert decided(region.witness, acls, within or ()) == key(region), region.witness
            assert within is None or asked_for(region.witness, within)
            assert region.witness
            assert not region.witness.startswith("/")


@DRAWN
@given(random=RANDOM)
def test_every_path_is_in_a_region(random: Random) -> None:
    maker, labels, acls, marked = drawn(random)
    known = {key(region) for region in regions(acls)}
    within = {key(region) for region in regions(acls, marked)}
    asked = (*labels, *(pattern.text for pattern in marked))
    for path in {maker.path(asked).lstrip("/") for _ in range(60)} - {""}:
        assert decided(path, acls, ()) in known, path
        assert not asked_for(path, marked) or decided(path, acls, marked) in within, path


def every_path(segments: Sequence[str], depth: int) -> Iterator[str]:
    for length in range(1, depth + 1):
        for parts in product(segments, repeat=length):
            path = "/".join(parts)
            if path and not path.startswith("/"):
                yield path


@settings(DRAWN, max_examples=25)
@given(random=RANDOM)
def test_no_short_path_is_left_out(random: Random) -> None:
    """Not drawn near the rules, but all there are."""
    maker = Maker(random, literals=("a", "aa", "b"))
    acls = [Acl.of([parse(maker.policy(maker.labels(4)))]) for _ in range(2)]
    marked = [Pattern.of(label) for label in maker.labels(2)]
    known = {key(region) for region in regions(acls)}
    within = {key(region) for region in regions(acls, marked)}
    for path in every_path(("", "a", "aa", "ab", "b", "z", "+"), 4):
        assert decided(path, acls, ()) in known, path
        assert not asked_for(path, marked) or decided(path, acls, marked) in within, path


@pytest.mark.parametrize(
    "rules",
    [
        ["a*: read", "*: list"],
        ["any*: read", "other*: list", "some*: list", "zone*: list", "*: read"],
        ["+/a*: read", "+/*: list", "+/any: deny"],
        ["any: read", "any1: read", "+: list"],
    ],
)
def test_there_is_a_name_for_what_no_rule_asks_for(rules: list[str]) -> None:
    """Where one rule begins as any name that comes to mind: the walk must end, with a witness."""
    acl = acl_of(*rules)
    found = {region.rules[0] and region.rules[0].pattern.text for region in regions((acl,))}
    assert {rule.partition(":")[0] for rule in rules} <= found


def test_without_rules_there_is_one_region_per_kind_of_ending() -> None:
    empty = Acl.of([])
    assert {key(region) for region in regions((empty,))} == {
        ((None,), (None,), (None,), frozenset())
    }


def test_shorter_witnesses_come_first() -> None:
    acl = acl_of("a/b/c/d: read", "+/b: list", "*: deny")
    depths = [region.witness.count("/") for region in regions((acl,))]
    assert depths == sorted(depths)


def test_a_folder_is_a_region_of_its_own_where_list_sees_it_otherwise() -> None:
    acl = acl_of("secret/*: read", "secret/foo/*: list")
    folders = [r for r in regions((acl,)) if r.witness == "secret/foo/"]
    assert [patterns(region.rules)[0] for region in folders] == [Pattern.of("secret/foo/*")]
    assert [patterns(region.listing)[0] for region in folders] == [Pattern.of("secret/*")]


def test_a_folder_that_has_its_own_rule_is_listed_by_it() -> None:
    acl = acl_of("secret/*: read", "secret/foo/: list")
    (folder,) = (r for r in regions((acl,)) if r.witness == "secret/foo/")
    assert patterns(folder.listing)[0] == Pattern.of("secret/foo/")
    assert patterns(folder.folder)[0] == Pattern.of("secret/*")


@pytest.mark.parametrize(
    ("pattern", "capability", "expected"),
    [
        ("secret/data/*", Capability.READ, True),
        ("secret/data/deep/*", Capability.READ, True),
        ("secret/data/deep/hidden", Capability.READ, False),
        ("secret/+/x", Capability.READ, True),
        ("secret/+/x", Capability.UPDATE, False),
        ("other/*", Capability.READ, False),
        ("*", Capability.LIST, True),
        ("secret/list", Capability.LIST, False),
        ("secret/named/", Capability.LIST, True),  # by the rule without the slash
        ("secret/named/", Capability.READ, False),
        ("secret/plain/", Capability.READ, False),  # which only LIST looks up without the slash
    ],
)
def test_a_witness_is_a_path_within_a_pattern_that_is_granted(
    pattern: str, capability: Capability, expected: bool
) -> None:
    lists = ("secret/list/: list", "secret/named: list", "secret/plain: read")
    acl = acl_of("secret/data/*: read", "secret/data/deep/hidden: deny", *lists)
    found = witness(acl, Pattern.of(pattern), capability)
    assert (found is not None) is expected
    if found:
        assert Pattern.of(pattern).matches(found)
        assert capability.value in acl.capabilities(found)


def test_within_some_patterns_the_walk_leaves_out_the_rest() -> None:
    acl = acl_of("a/*: read", "a/+/c: list", "b/c/d: read", "+: update", "a/b/*: delete")
    found = {region.witness: region.within for region in regions((acl,), [Pattern.of("a/b")])}
    assert found == {"a/b": {Pattern.of("a/b")}, "a/b/": set()}
    assert list(regions((acl,), [])) == []


def test_the_plainest_witness_is_the_one_to_show() -> None:
    """No folder, no empty segment, the shortest, the first by alphabet."""
    mixed = ["a//", "aa//b", "ac", "a/", "ab", "a//b", "b", "abcde"]
    assert sorted(mixed, key=plainness) == ["b", "ab", "ac", "abcde", "a//b", "aa//b", "a/", "a//"]
