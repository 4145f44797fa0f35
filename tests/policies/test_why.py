"""What is said of each rule is what `Acl.rule` decides, and names what really tells them apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.acl import Acl
from policies.hcl import Capability, Stanza
from policies.why import Considered, Outcome, considered


def acl(*paths: str) -> Acl:
    return Acl.of([[Stanza(path, (Capability.READ,)) for path in paths]])


def said(path: str, *rules: str, listing: bool = False) -> dict[str, str]:
    return {
        str(one.rule.pattern): f"{one.outcome}: {one.reason}"
        for one in considered(acl(*rules), path, listing=listing)
    }


PATHS = st.lists(st.sampled_from(["a", "b", "ab", "+", ""]), min_size=1, max_size=4).map("/".join)
RULES = st.builds(lambda path, star: f"{path}{star}", PATHS, st.sampled_from(["", "*"])).filter(
    lambda rule: "+*" not in rule
)


@given(st.lists(RULES, max_size=6), PATHS.filter(lambda path: path.strip("/")), st.booleans())
def test_the_rule_that_is_said_to_decide_is_the_one_that_does(
    rules: list[str], path: str, listing: bool
) -> None:
    it, path = acl(*rules), path.lstrip("/")
    found = considered(it, path, listing=listing)
    assert {one.rule.pattern for one in found} == set(it.rules)
    deciding = [one.rule for one in found if one.outcome is Outcome.DECIDES]
    rule = it.rule(path, listing=listing)
    assert deciding == ([rule] if rule else [])


@given(RULES, PATHS.filter(lambda path: path.strip("/")))
def test_what_does_not_match_is_said_not_to_match(rule: str, path: str) -> None:
    path = path.lstrip("/")
    (one,) = considered(acl(rule), path)
    assert (one.outcome is Outcome.DECIDES) is one.rule.pattern.matches(path)


def test_the_only_one_that_matches() -> None:
    assert said("a/b", "a/*") == {"a/*": "decides: no other rule matches"}


def test_the_path_itself_goes_first() -> None:
    first = "a rule without wildcards that is the path itself goes first"
    assert said("a/b", "a/*", "a/b", "+/b") == {
        "a/b": f"decides: {first}",
        "a/*": f"outranked: {first}",
        "+/b": f"outranked: {first}",
    }


@pytest.mark.parametrize(
    ("path", "winner", "loser", "reason"),
    [
        (
            "a/bc/c",
            "a/b*",
            "a/+/c",
            (
                "1st criterion: its first wildcard is its byte 3, that of a/b* byte 4, and the "
                "later one goes first"
            ),
        ),
        (
            "a/b/c",
            "a/+/c",
            "a/*",
            "2nd criterion: it ends in '*', and a/+/c, which does not, goes first",
        ),
        (
            "a/b/c",
            "a/*",
            "a/+/*",
            "3rd criterion: of segments '+' it has 1 and a/* 0, and fewer go first",
        ),
        (
            "a/b/c",
            "a/+/c*",
            "a/+/*",
            "4th criterion: it is shorter than a/+/c*, and the longer one goes first",
        ),
        (
            "c/c/c",
            "+/c/+",
            "+/+/c",
            "5th criterion: it comes before +/c/+ by alphabet, and the later one goes first",
        ),
    ],
)
def test_each_criterion_is_named_when_it_is_what_decides(
    path: str, winner: str, loser: str, reason: str
) -> None:
    assert said(path, winner, loser) == {
        winner: "decides: of the rules that match, it goes first",
        loser: f"outranked: {reason}",
    }


def test_list_asks_for_the_folder_without_its_slash_first() -> None:
    exact = "LIST asks for the folder's name without its slash, and a rule that is just that"
    assert said("a/b/", "a/b", "a/b/*", listing=True) == {
        "a/b": f"decides: {exact} goes first",
        "a/b/*": f"outranked: {exact} goes first",
    }
    within = "LIST asks first which rules match the folder's name without its slash"
    found = said("a/b/", "a/*", "a/b/*", listing=True)
    assert found["a/*"].startswith(f"decides: {within}")
    assert found["a/b/*"].startswith(f"outranked: {within}")
    assert said("a/b/", "a/*", "a/b/*")["a/b/*"].startswith("decides")


@pytest.mark.parametrize(
    ("rule", "path", "reason", "matched"),
    [
        ("a/b", "a/c", "segment 2 is 'c', and not 'b'", 1),
        ("a/b", "a/b/c", "it ends before segment 3, which is 'c'", 2),
        ("a/b", "a/b/", "it ends before segment 3, which is ''", 2),
        ("a/b/c", "a/b", "it asks for a segment 3, and the path has 2", 2),
        ("a/*", "a", "it asks for a segment 2, and the path has 1", 1),
        ("a/bc*", "a/bx", "segment 2 is 'bx', and does not start with 'bc'", 1),
        ("+/b/+", "a/c/d", "segment 2 is 'c', and not 'b'", 1),
        ("+/+", "a/b/c", "it ends before segment 3, which is 'c'", 2),
        ("a/b*", "ab/b", "segment 1 is 'ab', and not 'a'", 0),
        ("a*", "b/a", "segment 1 is 'b', and does not start with 'a'", 0),
    ],
)
def test_where_a_rule_does_not_fit(rule: str, path: str, reason: str, matched: int) -> None:
    (one,) = considered(acl(rule), path)
    assert (one.outcome, one.reason, one.matched) == (Outcome.NO_MATCH, reason, matched)


def test_what_matches_fits_the_whole_path() -> None:
    found = considered(acl("a/*", "a/b/c", "+/b/c", "a/b"), "a/b/c")
    matched = {str(one.rule.pattern): one.matched for one in found}
    assert matched == {"a/b/c": 3, "+/b/c": 3, "a/*": 3, "a/b": 2}


def test_the_nearest_come_first() -> None:
    found = considered(acl("z/y", "a/b/c", "a/z", "a/*", "a/b/x"), "/a/b/c")
    assert [str(one.rule.pattern) for one in found] == ["a/b/c", "a/*", "a/b/x", "a/z", "z/y"]
    assert isinstance(found[0], Considered)
