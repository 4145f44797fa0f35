"""`policies.review.terms`: what was covered is neither gained nor lost, the rest is."""

from __future__ import annotations

import pytest

from policies.review.coverage import by_glob
from policies.review.model import Topic
from policies.review.terms import Amount, Described, Names, Term, Text, changes, seconds
from tests.policies.review.sides_made import said


def change(before: Term | None, after: Term | None) -> list[str]:
    def role(term: Term | None) -> list[Described]:
        return [Described("r", Topic.LOGIN, (term,))] if term else []

    return said(tuple(changes(role(before), role(after))))


def names(*values: str) -> Names:
    return Names("n", frozenset(values), by_glob)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (names("a"), names("a"), []),
        (names("a"), names("b"), ["gained r n: a -> b"]),
        (names("*"), names("b"), ["lost r n: * -> b"]),
        (names("b"), names("*"), ["gained r n: b -> *"]),
        (names("a"), names("a", "b"), ["gained r n:  -> b"]),
        (names("a*"), names("a*", "ab"), []),
        (names("a", "b"), names("b", "c"), ["gained r n:  -> c", "lost r n: a -> "]),
        (None, names("a"), ["gained r n:  -> a"]),
        (names("a"), None, ["lost r n: a -> "]),
        (names(), names("a"), ["gained r n:  -> a"]),
    ],
)
def test_names(before: Names | None, after: Names | None, told: list[str]) -> None:
    assert change(before, after) == told


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (3600, 3600, []),
        (3600, 7200, ["gained r t: 1h -> 2h"]),
        (7200, 3600, ["lost r t: 2h -> 1h"]),
        (3600, 0, ["gained r t: 1h -> unlimited"]),
        (0, 3600, ["lost r t: unlimited -> 1h"]),
    ],
)
def test_amounts(before: int, after: int, told: list[str]) -> None:
    assert change(seconds("t", before), seconds("t", after)) == told


def test_nothing_may_mean_what_the_mount_says() -> None:
    assert change(seconds("t", 3600), seconds("t", 0, (3600, "as the mount"))) == []


def test_any_change_of_a_text_is_gained() -> None:
    assert change(Text("t", "a\nb"), Text("t", "a\nc")) == ["gained r t: b -> c"]
    assert change(Text("t", "a\nb"), Text("t", "a")) == ["gained r t: b -> "]
    assert change(Text("t", "a"), Text("t", "a")) == []
    assert change(Text("t", "a", alike=lambda *_: True), Text("t", "b")) == []


def test_a_term_that_is_there_on_one_side_only() -> None:
    assert change(None, Text("t", "a")) == ["gained r t:  -> a"]
    assert change(Text("t", "a"), None) == ["lost r t: a -> "]
    assert change(None, Text("t", "")) == []
    assert change(Amount("t", 1, "one"), None) == ["lost r t: one -> "]


def test_a_change_says_of_which_role_and_topic_it_is() -> None:
    """Of one role the login and the token are two."""
    one, other = (Described("r", topic, (names("a"),)) for topic in (Topic.TOKEN, Topic.LOGIN))
    found = [(change.topic, change.role) for change in changes([], [one, other])]
    assert found == [(Topic.LOGIN, "r"), (Topic.TOKEN, "r")]
    assert list(changes([one], [one])) == []


def test_a_value_of_another_kind_is_another() -> None:
    one, other = Amount("t", 48, "48"), Names("t", frozenset({"long"}))
    assert change(one, other) == ["lost r t: 48 -> ", "gained r t:  -> long"]
    assert change(other, one) == ["lost r t: long -> ", "gained r t:  -> 48"]
