"""`policies.review.difference` finds all that changes, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policies.acl import Acl
from policies.hcl import Capability, Stanza, parse
from policies.review import difference as module
from policies.review.difference import AccessChange, Direction, difference
from rehearsal.fuzz.generator import Maker

CREATE, READ, UPDATE, LIST, SUDO, DENY = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.LIST,
    Capability.SUDO,
    Capability.DENY,
)
GAINED, LOST = Direction.GAINED, Direction.LOST
Rules = Sequence[tuple[str, tuple[Capability, ...]]]


def acl(*rules: tuple[str, str]) -> Acl:
    """From pairs of a path and capabilities, written with blanks between."""
    return Acl.of(
        [[Stanza(path, tuple(Capability(word) for word in words.split())) for path, words in rules]]
    )


def told(before: Acl, after: Acl) -> list[str]:
    return [written(change) for change in difference(before, after)]


def written(change: AccessChange) -> str:
    besides = f" besides {', '.join(change.besides)}" if change.besides else ""
    return f"{change.direction} {' '.join(change.capabilities)} {change.paths}{besides}"


NOBODY = acl()
APP = acl(("secret/data/app/*", "read"))


# --- what shows nothing ---------------------------------------------------------------------------


def test_the_same_shows_nothing() -> None:
    assert difference(APP, APP) == ()


def test_another_order_shows_nothing() -> None:
    rules = (("a/*", "read"), ("a/b", "read list"), ("+/c", "update"))
    assert difference(acl(*rules), acl(*reversed(rules))) == ()


def test_a_line_that_a_glob_covered_already_shows_nothing() -> None:
    assert difference(APP, acl(("secret/data/app/*", "read"), ("secret/data/app/db", "read"))) == ()


def test_other_words_for_the_same_show_nothing() -> None:
    legacy = Acl.of([parse('path "a/*" { policy = "read" }')])
    assert difference(legacy, acl(("a/*", "list read"))) == ()


def test_splitting_a_rule_in_two_of_one_path_shows_nothing() -> None:
    assert difference(acl(("a/*", "read list")), acl(("a/*", "list"), ("a/*", "read"))) == ()


def test_a_denial_of_what_nobody_granted_shows_nothing() -> None:
    assert difference(APP, acl(("secret/data/app/*", "read"), ("secret/data/other", "deny"))) == ()


# --- what shows as what it is ---------------------------------------------------------------------


def test_a_new_rule_shows_as_itself() -> None:
    assert told(NOBODY, APP) == ["gained read secret/data/app/*"]
    assert told(APP, NOBODY) == ["lost read secret/data/app/*"]


def test_a_wider_glob_shows_what_it_adds() -> None:
    wider = acl(("secret/data/*", "read"))
    assert told(APP, wider) == ["gained read secret/data/* besides secret/data/app/*"]


def test_a_removed_denial_shows_the_paths_that_it_hid() -> None:
    hidden = acl(("secret/data/*", "read"), ("secret/data/prod/*", "deny"))
    assert told(hidden, acl(("secret/data/*", "read"))) == ["gained read secret/data/prod/*"]


def test_a_rule_that_hides_a_wider_one_takes_away() -> None:
    before = acl(("kv/*", "read list"))
    assert told(before, acl(("kv/*", "read list"), ("kv/app", "update"))) == [
        "gained update kv/app",
        "lost read kv/app",
        "lost list kv/app",
    ]


def test_a_plus_that_beats_a_star_shows_what_it_changes() -> None:
    before = acl(("a/*", "read"))
    assert told(before, acl(("a/*", "read"), ("a/+", "update"))) == [
        "gained update a/+",
        "lost read a/+",
    ]


def test_a_plus_that_loses_to_a_star_shows_nothing() -> None:
    before = acl(("a/*", "read"))
    assert difference(before, acl(("a/*", "read"), ("a/+/*", "update"))) == ()


def test_a_replaced_exception_is_told_as_one_line() -> None:
    before = acl(("app/db", "deny"))
    assert told(before, acl(("app/*", "read"))) == ["gained read app/*"]


def test_an_exception_of_the_granting_side_is_named() -> None:
    after = acl(("app/*", "read"), ("app/root", "deny"))
    assert told(NOBODY, after) == ["gained read app/* besides app/root"]


def test_a_rule_within_that_gives_as_much_is_no_exception() -> None:
    after = acl(("a/*", "read"), ("a/b/*", "read list"))
    assert told(NOBODY, after) == [
        "gained read a/*",
        "gained read a/b/*",
        "gained list a/b/*",
    ]


def test_an_exception_is_named_as_far_as_it_lies_within() -> None:
    before = acl(("+", "read"), ("ab*", "deny"))
    assert told(before, NOBODY) == ["lost read + besides ab+"]


def test_what_lies_in_an_exception_and_changes_has_its_own_line() -> None:
    before = acl(("a/b/*", "read"), ("a/b/secret", "deny"))
    assert told(before, acl(("a/*", "read"))) == [
        "gained read a/* besides a/b/*",
        "gained read a/b/secret",
    ]


def test_what_lies_in_a_line_and_does_not_change_is_named() -> None:
    before = acl(("*", "read"), ("a/b/*", "deny"), ("a/b/c", "read"))
    assert told(before, acl(("*", "read"))) == ["gained read a/b/* besides a/b/c"]


def test_a_line_names_all_rules_that_decide_its_paths_on_the_other_side() -> None:
    _, lost = difference(acl(("+", "read")), acl(("a", "update"), ("c", "deny")))
    assert (lost.paths, lost.instead_of) == ("+", ("", "a", "c"))


def test_list_is_told_apart() -> None:
    assert told(NOBODY, acl(("kv/metadata/app", "read list"))) == [
        "gained read kv/metadata/app",
        "gained list kv/metadata/app",
    ]
    (_, listing) = difference(NOBODY, acl(("kv/metadata/app", "read list")))
    assert listing.witness == "kv/metadata/app/", "a LIST request ends in a slash"


def test_the_plainest_witness_is_shown() -> None:
    (reading,) = difference(NOBODY, acl(("a/+", "read")))
    (listing,) = difference(NOBODY, acl(("a/+", "list")))
    assert (reading.witness, listing.witness) == ("a/any", "a/")


def test_list_of_a_folder_by_either_spelling_is_one_line() -> None:
    """The other side decides it by the rule of the path without its slash."""
    assert told(acl(("b", "read")), acl(("b/", "list"))) == ["gained list b/", "lost read b"]
    before = acl(("ab*", "deny"), ("a", "list"))
    assert told(before, acl(("+", "list"))) == ["gained list + besides a"]
    before = acl(("b", "list"), ("a", "read"))
    assert told(before, acl(("+/", "list"))) == ["gained list +/", "lost read a", "lost list b"]


def test_list_that_two_rules_take_away_is_told_of_each() -> None:
    """Neither's paths are within the other's."""
    before = acl(("ab/ab/+", "list"))
    assert told(before, acl(("+/+", "read"), ("ab/+/*", "read"))) == [
        "gained read +/+",
        "gained read ab/+/*",
        "lost list ab/ab/",
        "lost list ab/ab/+",
    ]


def test_list_that_the_folders_rule_decides_from_now_on() -> None:
    """Of all that this rule lists, one folder is new: the other's rule went before it."""
    before = acl(("a/b/", "read"), ("a/+", "list"))
    assert told(before, acl(("a/+", "list"))) == ["gained list a/b/", "lost read a/b/"]


@pytest.mark.parametrize("folder", ["a/b", "a/+"])
def test_sudo_of_list_that_the_folders_rule_decides_from_now_on(folder: str) -> None:
    """LIST of `a/b/` was possible, and with `sudo` it is where `a/b/` is root-protected."""
    before = acl(("a/b/", "list"), (folder, "list sudo"))
    changes = difference(before, acl((folder, "list sudo")))
    gained = [change for change in changes if change.direction is GAINED]
    assert [(c.capabilities, c.paths, c.witness, c.rule, c.instead_of) for c in gained] == [
        ((SUDO,), "a/b/", "a/b/", folder, ("a/b/",))
    ]


def test_sudo_of_list_that_the_paths_own_rule_decides_from_now_on() -> None:
    after = acl(("a/b/*", "list sudo"))
    assert "gained sudo a/b/" in told(acl(("a/b", "list"), ("a/b/*", "list sudo")), after)
    after = acl(("a/b/*", "sudo"))
    before = acl(("a/b", "list"), ("a/b/*", "sudo"))
    assert told(before, after) == ["lost list a/b"], "nothing is listed"


def test_sudo_of_list_that_a_wider_folders_rule_decides_from_now_on() -> None:
    """What lies within `a/b/` is decided as before."""
    before = acl(("a/b/*", "list"))
    assert told(before, acl(("a/b/*", "list"), ("a*", "list sudo"))) == [
        "gained list a* besides a/b/*",
        "gained sudo a* besides a/b/*",
        "gained sudo a/b/",
    ]


def test_sudo_of_list_is_told_once() -> None:
    """Not beside LIST itself, nor where the path or its folder gains `sudo`."""
    after = acl(("a/b", "list sudo"))
    assert told(acl(("a/b/", "read"), ("a/b", "list sudo")), after) == [
        "gained list a/b/",
        "lost read a/b/",
    ]
    assert told(acl(("a/b", "list")), after) == ["gained sudo a/b"]
    before = acl(("a/b/", "list"), ("a*", "list sudo"))
    assert "gained sudo a/b/" in told(before, acl(("a*", "list sudo")))
    assert told(acl(("a/b/*", "list")), acl(("a/b/*", "list sudo"))) == ["gained sudo a/b/*"]


def test_list_that_another_rule_hides_is_lost() -> None:
    """LIST of `secret/foo/` asks for `secret/foo` first, which `secret/*` then decides."""
    before = acl(("secret/foo/*", "list"))
    changes = difference(before, acl(("secret/foo/*", "list"), ("secret/*", "read")))
    assert [
        (c.direction, c.capabilities, c.witness) for c in changes if LIST in c.capabilities
    ] == [(LOST, (LIST,), "secret/foo/")]


# --- conditions -----------------------------------------------------------------------------------


def conditioned(attributes: str, *words: str) -> Acl:
    capabilities = ", ".join(f'"{word}"' for word in words or ("update",))
    return Acl.of([parse(f'path "a" {{ capabilities = [{capabilities}]\n{attributes} }}')])


def test_wrapping_that_is_not_asked_for_any_more_is_gained() -> None:
    (change,) = difference(conditioned('min_wrapping_ttl = "1m"'), conditioned(""))
    assert change.direction is GAINED
    assert change.example
    assert change.example.wrap_ttl is None


def test_what_is_gained_says_what_it_asks_and_takes_no_example() -> None:
    before = acl(("a", "read"))
    after = conditioned('required_parameters = ["why"]', "read", "update")
    gained, asked = difference(before, after)
    assert (gained.direction, gained.capabilities, gained.conditions) == (
        GAINED,
        (UPDATE,),
        "with why",
    )
    assert gained.example is None, "the capability itself is new"
    assert (asked.direction, asked.capabilities, asked.conditions) == (LOST, (READ,), "")
    assert asked.example, "before, it was had without a reason"


def test_what_is_given_more_freely_is_told_apart_from_what_is_new() -> None:
    before = conditioned('required_parameters = ["why"]', "read")
    read, update = difference(before, conditioned("", "read", "update"))
    assert (read.capabilities, update.capabilities) == ((READ,), (UPDATE,))
    assert read.example
    assert update.example is None, "nobody had it, whatever was asked"


def test_what_asks_less_and_gives_another_capability_gives_no_more_of_the_first() -> None:
    before, after = conditioned('required_parameters = ["why"]'), acl(("a", "read"))
    assert told(before, after) == ["gained read a", "lost update a"]
    assert told(after, before) == ["gained update a", "lost read a"]


def test_a_longer_wrapping_is_gained_and_a_shorter_lost() -> None:
    short, long = conditioned('max_wrapping_ttl = "1m"'), conditioned('max_wrapping_ttl = "1h"')
    assert [c.direction for c in difference(short, long)] == [GAINED]
    assert [c.direction for c in difference(long, short)] == [LOST]


def test_a_parameter_more_is_gained() -> None:
    before = conditioned('allowed_parameters = { "ttl" = ["1h"] }')
    (change,) = difference(before, conditioned('allowed_parameters = { "ttl" = ["1h", "2h"] }'))
    assert change.direction is GAINED
    assert change.example
    assert change.example.data == {"ttl": "2h"}


def test_a_glob_that_says_the_same_shows_nothing() -> None:
    before = conditioned('allowed_parameters = { "ttl" = ["a*"] }')
    assert difference(before, conditioned('allowed_parameters = { "ttl" = ["a*", "ab*"] }')) == ()


def test_a_denied_value_that_an_allowed_list_left_out_already_shows_nothing() -> None:
    before = conditioned('allowed_parameters = { "ttl" = ["1h"] }')
    after = conditioned('allowed_parameters = { "ttl" = ["1h"] }\ndenied_parameters = { "x" = [] }')
    assert difference(before, after) == ()


def test_a_requirement_that_falls_is_gained() -> None:
    (change,) = difference(conditioned('required_parameters = ["why"]'), conditioned(""))
    assert change.direction is GAINED
    assert change.example
    assert change.example.data == {}


# --- complete and minimal, for any two ACLs -------------------------------------------------------

SEGMENTS = st.sampled_from(["a", "b", "ab", "+", "", "a"])
PATHS = st.builds(
    lambda parts, end: "/".join(parts) + end,
    st.lists(SEGMENTS, min_size=1, max_size=4),
    st.sampled_from(["", "", "*", "/*", "/"]),
).filter(lambda path: "+*" not in path)
CAPABILITIES = st.lists(st.sampled_from([READ, UPDATE, LIST, SUDO, DENY]), max_size=3).map(tuple)
RULES = st.lists(st.tuples(PATHS, CAPABILITIES), max_size=5)
ASKED = st.lists(st.sampled_from(["a", "b", "ab", "abc", "", "zz", "+"]), min_size=1, max_size=5)


def made(rules: Rules) -> Acl:
    return Acl.of([[Stanza(path, capabilities) for path, capabilities in rules]])


def granted(one: Acl, path: str, capability: Capability) -> bool:
    rule = one.rule(path, listing=capability is LIST)
    return rule is not None and capability in rule.granted


def listed_though_protected(one: Acl, path: str) -> bool:
    rule = one.rule(path, listing=True)
    return rule is not None and {LIST, SUDO} <= rule.granted


def about(change: AccessChange, path: str) -> bool:
    """Whether the words of a line say that it is about `path`."""

    def matches(pattern: str) -> bool:
        bare = pattern.removesuffix("*")
        parts = [
            re.escape(part[:-1]) + "[^/]*" if part.endswith("+") else re.escape(part)
            for part in bare.split("/")
        ]
        return re.fullmatch("/".join(parts) + (".*" if bare != pattern else ""), path) is not None

    return matches(change.paths) and not any(map(matches, change.besides))


@settings(max_examples=200)
@given(RULES, RULES)
@example([("+/a*", (READ,))], [("a/+", (UPDATE,)), ("a/a*", (DENY,))])
def test_every_witness_shows_what_its_line_says(before: Rules, after: Rules) -> None:
    old, new = made(before), made(after)
    for change in difference(old, new):
        giving, other = (new, old) if change.direction is GAINED else (old, new)
        for capability in change.capabilities:
            shown = [granted(one, change.witness, capability) for one in (giving, other)]
            if capability is SUDO and shown != [True, False]:
                assert change.witness.endswith("/")
                shown = [listed_though_protected(one, change.witness) for one in (giving, other)]
            assert shown == [True, False]


@settings(max_examples=200)
@given(RULES, RULES, st.lists(ASKED, min_size=20, max_size=40))
def test_no_path_changes_without_a_line_that_says_so(
    before: Rules, after: Rules, asked: list[list[str]]
) -> None:
    old, new = made(before), made(after)
    changes = difference(old, new)
    for path in {"/".join(parts).lstrip("/") for parts in asked} - {""}:
        for capability in (READ, UPDATE, SUDO, LIST):
            for giving, other, direction in ((new, old, GAINED), (old, new, LOST)):
                really = granted(giving, path, capability) and not granted(other, path, capability)
                lines = [
                    c for c in changes if c.direction is direction and capability in c.capabilities
                ]
                if capability is LIST:
                    rules = [one.rule(path, listing=True) for one in (giving, other)]
                    texts = [rule.pattern.text if rule else "" for rule in rules]
                    said = any(c.rule == texts[0] and texts[1] in c.instead_of for c in lines)
                else:
                    said = any(about(c, path) for c in lines)
                if capability is SUDO and said > really:
                    really = listed_though_protected(giving, path)
                    really &= not listed_though_protected(other, path)
                assert said == really, (path, capability, direction)


@settings(max_examples=200)
@given(RULES, RULES, st.lists(ASKED, min_size=20, max_size=40))
@example([("a/b/", (LIST,)), ("a/+", (LIST, SUDO))], [("a/+", (LIST, SUDO))], [["a", "b"]])
def test_no_protected_folder_is_listed_anew_without_a_line_that_says_so(
    before: Rules, after: Rules, asked: list[list[str]]
) -> None:
    """By LIST, or by the `sudo` of the folder, with its slash or without."""
    old, new = made(before), made(after)
    changes = difference(old, new)
    for folder in {"/".join(parts).lstrip("/") for parts in asked} - {""}:
        path = f"{folder}/"
        for giving, other, direction in ((new, old, GAINED), (old, new, LOST)):
            if not listed_though_protected(giving, path) or listed_though_protected(other, path):
                continue
            lines = [c for c in changes if c.direction is direction and SUDO in c.capabilities]
            assert (
                not granted(other, path, LIST)
                or any(about(c, path) for c in lines)
                or any(about(c, folder) for c in lines)
            ), (path, direction)


def untold(change: AccessChange) -> AccessChange:
    """Without its witness, to which a rule that is left out may have lent a name, and exceptions,
    which are fewer where cases that are elsewhere are not known.
    """
    return replace(change, witness="", besides=())


@pytest.mark.parametrize("seed", range(150))
def test_what_no_changed_rule_matches_need_not_be_looked_at(seed: int) -> None:
    maker = Maker(Random(seed))
    labels = maker.labels(8)
    some, more, other = (parse(maker.policy(labels)) for _ in range(3))
    before, after = Acl({"a": some, "b": more}), Acl({"a": some, "b": other})
    with patch.object(module, "differing", lambda *both: chain(*(acl.rules for acl in both))):
        expected = difference(before, after)
    found = difference(before, after)
    assert list(map(untold, found)) == list(map(untold, expected))
    for change, same in zip(found, expected, strict=True):
        assert set(change.besides) <= set(same.besides)
