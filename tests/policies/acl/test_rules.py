"""What rules with one pattern become together."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from policies.acl import Acl, Pattern, Rule
from policies.acl.rules import Source, merged, rule_of
from policies.hcl import Capability, parse


def rule(body: str, policy: str = "p") -> Rule:
    (stanza,) = parse(f'path "x" {{ {body} }}')
    return rule_of(Pattern.of("x"), Source(policy, stanza))


READ = rule('capabilities = ["read"]', "reads")
DENY = rule('capabilities = ["deny"]', "denies")


def test_capabilities_add_up_and_every_source_is_kept() -> None:
    both = merged(READ, rule('capabilities = ["list"]', "lists"))
    assert both.granted == {Capability.READ, Capability.LIST}
    assert [source.policy for source in both.sources] == ["reads", "lists"]
    assert both.pattern == Pattern.of("x")


@pytest.mark.parametrize("rules", [*permutations([READ, DENY, rule('policy = "sudo"')])])
def test_a_denial_wins_in_any_order(rules: tuple[Rule, Rule, Rule]) -> None:
    together = merged(merged(rules[0], rules[1]), rules[2])
    assert together.denies
    assert together.granted == frozenset()
    assert together.capabilities == {Capability.DENY}


def test_a_denial_keeps_no_restriction_of_the_others() -> None:
    restricted = rule(
        """capabilities = ["update"]
        allowed_parameters = { a = ["x"] }
        denied_parameters = { b = ["x"] }
        required_parameters = ["a"]
        min_wrapping_ttl = 30
        max_wrapping_ttl = 60"""
    )
    for both in (merged(DENY, restricted), merged(restricted, DENY)):
        assert replace(both, sources=DENY.sources) == DENY
        assert len(both.sources) == 2


def test_no_capabilities_are_no_denial() -> None:
    nothing = rule("capabilities = []")
    assert not nothing.denies
    assert nothing.granted == frozenset()
    assert merged(nothing, READ).granted == {Capability.READ}


def test_a_restriction_restricts_what_came_without() -> None:
    restricted = rule('capabilities = ["update"]\nallowed_parameters = { a = ["x"] }')
    for both in (merged(READ, restricted), merged(restricted, READ)):
        assert both.granted == {Capability.READ, Capability.UPDATE}
        assert both.allowed_parameters == {"a": ("x",)}


@pytest.mark.parametrize("name", ["allowed_parameters", "denied_parameters"])
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('["x"]', '["y"]', {"a": ("y", "x")}),
        ('["x"]', "[]", {"a": ()}),
        ("[]", '["x"]', {"a": ()}),
    ],
)
def test_values_add_up_and_an_empty_list_is_all(
    name: str, old: str, new: str, expected: dict[str, tuple[str, ...]]
) -> None:
    rules = [rule(f'capabilities = ["read"]\n{name} = {{ A = {values} }}') for values in (old, new)]
    assert getattr(merged(*rules), name) == expected


def test_an_empty_map_restricts_nothing() -> None:
    empty = rule('capabilities = ["read"]\nallowed_parameters = {}')
    assert empty.allowed_parameters == {}
    assert merged(empty, READ).allowed_parameters == {}


def test_required_parameters_are_all_required() -> None:
    one = rule('capabilities = ["read"]\nrequired_parameters = ["b", "a"]')
    other = rule('capabilities = ["read"]\nrequired_parameters = ["a", "c"]')
    assert merged(one, other).required_parameters == ("b", "a", "c")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (0, 1, 1),
        (0, 60, 60),
        (60, 0, 60),
        (60, 30, 30),
        (30, 60, 30),
        (-5, 60, -5),
        (60, -5, 60),
        (0, -5, 0),
    ],
)
@pytest.mark.parametrize("name", ["min_wrapping_ttl", "max_wrapping_ttl"])
def test_the_shorter_lifetime_holds_and_what_is_not_above_zero_is_dropped(
    name: str, old: int, new: int, expected: int
) -> None:
    rules = [rule(f'capabilities = ["read"]\n{name} = {seconds}') for seconds in (old, new)]
    assert getattr(merged(*rules), name) == expected


def test_only_equal_patterns_merge() -> None:
    text = "".join(
        f'path "{path}" {{ capabilities = ["{capability}"] }}\n'
        for path, capability in [
            ("foo", "read"),
            ("/foo", "list"),
            ("foo/", "update"),
            ("foo*", "delete"),
            ("+", "sudo"),
        ]
    )
    acl = Acl.of([parse(text)])
    assert {p.text: sorted(one.granted) for p, one in acl.rules.items()} == {
        "foo": ["list", "read"],
        "foo/": ["update"],
        "foo*": ["delete"],
        "+": ["sudo"],
    }
