"""Which paths a rule's pattern matches, and which of several decides."""

from __future__ import annotations

import re
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policies.acl import Pattern
from policies.acl.patterns import Kind, Precedence, meeting
from rehearsal.fuzz.generator import Maker


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("foo", Kind.EXACT),
        ("", Kind.EXACT),
        ("foo*bar", Kind.EXACT),
        ("foo+", Kind.EXACT),
        ("+foo", Kind.EXACT),
        ("*", Kind.PREFIX),
        ("foo/*", Kind.PREFIX),
        ("foo/**", Kind.PREFIX),
        ("+foo/*", Kind.PREFIX),
        ("+", Kind.SEGMENTS),
        ("+/foo", Kind.SEGMENTS),
        ("foo/+/*", Kind.SEGMENTS),
        ("foo/+bar", Kind.SEGMENTS),
    ],
)
def test_the_kind_of_a_pattern(label: str, kind: Kind) -> None:
    assert Pattern.of(label).kind is kind


def test_exactly_one_leading_slash_is_dropped() -> None:
    assert Pattern.of("/foo") == Pattern.of("foo")
    assert Pattern.of("//foo").text == "/foo"
    assert Pattern.of("/+") == Pattern.of("+")


def test_patterns_are_equal_only_if_vault_merges_them() -> None:
    assert len({Pattern.of(label) for label in ("foo", "foo/", "foo*", "foo/*", "foo/+")}) == 5


@pytest.mark.parametrize(
    ("label", "matched", "not_matched"),
    [
        ("foo", ["foo"], ["foo/", "fo", "foo/bar", "food"]),
        ("foo*", ["foo", "foo/", "foobar", "foo/a/b"], ["fo", "bar/foo"]),
        ("foo/*", ["foo/", "foo/a", "foo//", "foo/a/b"], ["foo", "food"]),
        ("foo/**", ["foo/*", "foo/*a"], ["foo/", "foo/a"]),
        ("*", ["a", "a/b", "/"], []),
        ("foo*bar", ["foo*bar"], ["foobar", "fooxbar"]),
        ("foo/+", ["foo/", "foo/x"], ["foo", "foo/x/", "foo/x/y"]),
        ("foo/+/*", ["foo/x/", "foo/x/y", "foo/x/y/z", "foo//"], ["foo/x", "foo"]),
        ("foo/+/ba*", ["foo/x/ba", "foo/x/bar", "foo/x/bar/z"], ["foo/x/b", "foo/x/a"]),
        ("foo/+bar", ["foo/+bar"], ["foo/xbar", "foo/bar"]),
        ("+", ["a", ""], ["a/", "a/b"]),
        ("+/+", ["a/b", "/", "a/"], ["a", "a/b/c"]),
    ],
)
def test_what_a_pattern_matches(label: str, matched: list[str], not_matched: list[str]) -> None:
    pattern = Pattern.of(label)
    assert [path for path in matched if not pattern.matches(path)] == []
    assert [path for path in not_matched if pattern.matches(path)] == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a/b", "a/b*"),
        ("a/+", "+"),
        ("a/b*", "a/+/c"),  # its first wildcard comes later
        ("foo/+/*", "+/*"),
        ("a/+", "a/*"),  # not globbed
        ("+/b", "*"),
        ("foo/bar/+/baz", "foo/+/bar/baz"),
        ("a/*", "a/+/*"),  # fewer `+`
        ("foo/+/bar/baz", "foo/+/+/baz"),
        ("foo/bar/+/ba*", "foo/bar/+/b*"),  # longer
        ("+/b", "+/a"),  # greater
        ("ä/+", "a/+"),  # in bytes, of which a letter can have two
    ],
)
def test_the_first_decides_where_both_match(first: str, second: str) -> None:
    assert Pattern.of(first).precedence > Pattern.of(second).precedence


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("a/b", "a/b"), "a/b"),
        (("a/b", "a/c"), None),
        (("a/b", "a/b*"), "a/b"),
        (("a/b*", "a/+/c"), "a/b+/c"),
        (("a/*", "a/+/*"), "a/+/*"),
        (("a*", "ab*"), "ab*"),
        (("a/+", "a/b*"), "a/b+"),
        (("a/+", "a/b/*"), None),
        (("*", "+"), "+"),
        (("a/+/c", "+/b/+"), "a/b/c"),
        (("a/+", "+/b*", "*"), "a/b+"),
        (("a", "+", "a/+"), None),
    ],
)
def test_what_several_patterns_match_together(
    labels: tuple[str, ...], expected: str | None
) -> None:
    patterns = [Pattern.of(label) for label in labels]
    assert meeting(*patterns) == expected
    assert meeting(*reversed(patterns)) == expected


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(random=st.randoms(use_true_random=False, note_method_calls=False))
def test_a_path_that_two_patterns_match_is_where_they_meet(random: Random) -> None:
    maker = Maker(random, literals=("a", "b", "ab", "any"))
    labels = maker.labels(2)
    patterns = [Pattern.of(label) for label in labels]
    both = [
        path
        for path in (maker.path(labels).lstrip("/") for _ in range(30))
        if path and all(pattern.matches(path) for pattern in patterns)
    ]
    if both:
        assert meeting(*patterns) is not None


def meet(one: str, other: str) -> bool:
    return meeting(Pattern.of(one), Pattern.of(other)) is not None


def precedence(rule: str) -> Precedence:
    return Pattern.of(rule).precedence


@pytest.mark.parametrize(
    ("one", "other", "met"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
        ("a/b", "a/b/c", False),
        ("a/*", "a/b/c", True),
        ("a/*", "a", False),
        ("a/b*", "a/bc/d", True),
        ("a/b*", "a/c", False),
        ("a/b*", "a/bc*", True),
        ("a/b*", "a/c*", False),
        ("a/+", "a/b", True),
        ("a/+", "a/b/c", False),
        ("a/+", "a/b*", True),
        ("a/+/c", "a/b/*", True),
        ("a/+/c", "a/b/d*", False),
        ("a/+/c", "+/b/c", True),
        ("a/+/c", "b/+/c", False),
    ],
)
def test_two_rules_meet_where_a_path_fits_both(one: str, other: str, met: bool) -> None:
    assert meet(one, other) is meet(other, one) is met


RULES = st.lists(st.sampled_from(["a", "b", "ab", "+"]), min_size=1, max_size=3).flatmap(
    lambda segments: st.sampled_from(["", "*", "/*"]).map(lambda end: "/".join(segments) + end)
)
FITTING = [
    "/".join(parts) for n in (1, 2, 3, 4) for parts in product(["a", "b", "ab", "abc"], repeat=n)
]


@given(RULES, RULES)
def test_rules_that_do_not_meet_have_no_path_in_common(one: str, other: str) -> None:
    assume(not any(rule.endswith("+*") for rule in (one, other)))
    common = [path for path in FITTING if fits(one, path) and fits(other, path)]
    assert bool(common) == meet(one, other)


def fits(rule: str, path: str) -> bool:
    pattern = re.escape(rule.removesuffix("*")).replace(r"\+", "[^/]+")
    return bool(re.fullmatch(pattern + (".*" if rule.endswith("*") else ""), path))


def test_rules_of_one_path_stand_in_the_order_of_vaults_documentation() -> None:
    """First wildcard late, no `*` at the end, few `+`, long: the last of `a/*` is no slip."""
    rules = ["a/b/c", "a/b/+", "a/b/*", "a/+/c", "a/+/+", "a/*", "a/+/*"]
    for given_rules in (rules, rules[::-1]):
        assert sorted(given_rules, key=precedence, reverse=True) == rules
