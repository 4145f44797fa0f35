"""What templates stand for."""

from __future__ import annotations

import time

import pytest

from policies.acl import Acl, AclError, Alias, Entity, Group, Identity, Symbolic
from policies.acl.templates import NOBODY, filled_in
from policies.hcl import parse

ADA = Identity(
    Entity(
        "e-1",
        "ada",
        {"team": "red", "a.b": "dotted", "empty": "", "plus": "+", "star": "*"},
        (
            Alias("acc1", "a-1", "ada@example.com", {"k": "v", "k.2": "w"}, {"c": "d"}),
            Alias("acc1", "a-2", "second"),
            Alias("acc2", "", "", {}),
        ),
    ),
    (Group("g-1", "crew", {"place": "bridge", "the.deck": "upper"}), Group("g-2", "", {})),
    now=1_000_000,
)


@pytest.mark.parametrize(
    ("directive", "expected"),
    [
        ("identity.entity.id", "e-1"),
        ("identity.entity.name", "ada"),
        (" identity.entity.name\t", "ada"),
        ("identity.entity.metadata.team", "red"),
        ("identity.entity.metadata.a.b", "dotted"),
        ("identity.entity.metadata.empty", ""),
        ("identity.entity.aliases.acc1.id", "a-1"),
        ("identity.entity.aliases.acc1.name", "ada@example.com"),
        ("identity.entity.aliases.acc1.metadata.k", "v"),
        ("identity.entity.aliases.acc1.metadata.k.2", "w"),
        ("identity.entity.aliases.acc1.custom_metadata.c", "d"),
        ("identity.groups.ids.g-1.id", "g-1"),
        ("identity.groups.ids.g-1.name", "crew"),
        ("identity.groups.names.crew.id", "g-1"),
        ("identity.groups.names.crew.metadata.place", "bridge"),
        ("identity.groups.names.crew.metadata.the.deck", "upper"),
        ("time.now", "1000000"),
        ("time.now.plus.1h", "1003600"),
        ("time.now.minus.60", "999940"),
        ("time.now.plus.1d", "1086400"),
        ("time.now.plus.1.5h", "1005400"),
        ("time.now.plus.", "1000000"),
    ],
)
def test_stands_for(directive: str, expected: str) -> None:
    assert filled_in("a/{{" + directive + "}}/b", ADA) == f"a/{expected}/b"


@pytest.mark.parametrize(
    "directive",
    [
        "",
        "name",
        "identity.entity",
        "identity.entity.Name",
        "identity.entity.\x1cname",
        "identity.entity.metadata",
        "identity.entity.metadata.absent",
        "identity.entity.groups.names",
        "identity.entity.aliases.acc1",
        "identity.entity.aliases.acc1.metadata",
        "identity.entity.aliases.acc1.metadata.absent",
        "identity.entity.aliases.acc1.custom_metadata",
        "identity.entity.aliases.acc1.nonsense",
        "identity.entity.aliases.acc2.id",
        "identity.entity.aliases.acc2.name",
        "identity.entity.aliases.absent.name",
        "identity.groups.crew",
        "identity.groups.kinds.crew.id",
        "identity.groups.names.crew",
        "identity.groups.names.crew.metadata",
        "identity.groups.names.crew.metadata.absent",
        "identity.groups.names.crew.nonsense",
        "identity.groups.names.absent.id",
        "identity.groups.ids.g-2.name",
        "time.later",
        "time.now.plus",
        "time.now.times.1h",
        "time.now.plus.soon",
    ],
)
def test_stands_for_nothing(directive: str) -> None:
    assert filled_in("a/{{" + directive + "}}", ADA) is None


def test_nobody_has_no_entity_and_no_groups_but_the_time() -> None:
    assert filled_in("{{identity.entity.id}}", NOBODY) is None
    assert filled_in("{{identity.groups.names.crew.id}}", NOBODY) is None
    assert filled_in("{{identity.groups.names.crew.id}}", Identity(None, ADA.groups)) is None
    before = int(time.time())
    now = filled_in("{{time.now}}", NOBODY)
    assert now
    assert before <= int(now) <= time.time()


def test_several_in_one_label() -> None:
    label = "{{identity.entity.name}}-{{identity.entity.id}}}/{{identity.entity.metadata.team}}*"
    assert filled_in(label, ADA) == "ada-e-1}/red*"


def test_an_unknown_holders_names_are_their_own() -> None:
    assert filled_in("a/{{ identity.entity.name }}", Symbolic()) == "a/{{identity.entity.name}}"


def acl(path: str) -> Acl:
    text = f"""
        path "{path}" {{ capabilities = ["read"] }}
        path "other" {{ capabilities = ["list"] }}
    """
    return Acl.of({"templated": parse(text)}, ADA)


def test_a_stanza_that_stands_for_nothing_is_dropped_and_the_others_stay() -> None:
    one = acl("a/{{identity.entity.metadata.absent}}")
    assert [pattern.text for pattern in one.rules] == ["other"]


def test_values_are_put_in_before_slashes_and_wildcards_are_looked_at() -> None:
    assert acl("/{{identity.entity.metadata.plus}}/x").capabilities("any/x") == ("read",)
    assert acl("a/{{identity.entity.metadata.star}}").capabilities("a/b/c") == ("read",)
    assert acl("{{identity.entity.metadata.empty}}/a").capabilities("a") == ("read",)


def test_a_value_that_makes_a_forbidden_wildcard_fails_the_whole() -> None:
    with pytest.raises(AclError, match=r"'\+\*' is forbidden.*keep wildcards out of names"):
        acl("a/{{identity.entity.metadata.plus}}*")
