"""A guardrail as a value."""

from __future__ import annotations

from typing import Any, Final

import pytest
from pulumi_policy import EnforcementLevel, ResourceValidationPolicy, Severity

from policies.environments import Environment
from policies.guardrails.rule import (
    ByEnvironment,
    Finding,
    Resource,
    ResourceRule,
    Setting,
    StackRule,
    dig,
    duration,
    items,
    of_types,
    seconds,
    truth,
)
from policies.lifetime import Duration
from tests.policies.guardrails.looking import UNKNOWN, Declared, violations

TYPE: Final = "a:b/c:C"


def small(resource: Resource, setting: Setting) -> list[str]:
    longest = setting.duration("longest")
    found = resource.seconds("ttl") or 0
    return [f"ttl is {found}"] if found > longest.seconds else []


RULE: Final = ResourceRule(
    name="small",
    says="Small.",
    meaning="Or it is large.",
    repair="Make it small",
    severity=Severity.LOW,
    levels=ByEnvironment(
        EnforcementLevel.ADVISORY, EnforcementLevel.MANDATORY, EnforcementLevel.MANDATORY
    ),
    types=frozenset({TYPE}),
    check=small,
    limits=(duration("longest", "How long.", ByEnvironment(dev="2h", staging="1h", prod="1h")),),
)


def counted(resources: Any, _: Setting) -> list[Finding]:
    found = list(of_types(resources, TYPE))
    return [Finding("there are two", found[1].urn), Finding("too many")] if len(found) > 1 else []


STACK: Final = StackRule(
    name="one",
    says="One.",
    meaning="Or there are more.",
    repair="Have one",
    severity=Severity.HIGH,
    check=counted,
)


def test_it_says_of_the_resource_what_is_wrong_and_how_to_repair_it() -> None:
    (found,) = violations([Declared(TYPE, "it", {"ttl": 3601})], Environment.PROD, [RULE])
    assert (found.rule, found.resource) == ("small", "it")
    assert found.message == "it: ttl is 3601. Make it small"


def test_it_looks_at_its_types_only() -> None:
    assert violations([Declared("a:b/c:D", "it", {"ttl": 3601})], Environment.PROD, [RULE]) == []
    assert RULE.looks_at(TYPE)
    assert not RULE.looks_at("a:b/c:D")


def test_limits_differ_by_environment_and_by_stack() -> None:
    declared = [Declared(TYPE, "it", {"ttl": 3601})]
    assert violations(declared, Environment.DEV, [RULE]) == []
    assert violations(declared, Environment.PROD, [RULE], {"longest": "2h"}) == []
    assert violations(declared, Environment.DEV, [RULE], {"longest": "1h"}) != []


def test_pulumi_is_told_all_of_it() -> None:
    policy = RULE.policy(Environment.DEV)
    assert isinstance(policy, ResourceValidationPolicy)
    assert policy.name == "small"
    assert policy.display_name == "Small."
    assert policy.description == "Small. Or it is large."
    assert policy.remediation_steps == "Make it small"
    assert policy.severity is Severity.LOW
    assert policy.enforcement_level is EnforcementLevel.ADVISORY
    assert RULE.policy(Environment.PROD).enforcement_level is EnforcementLevel.MANDATORY
    assert policy.config_schema is not None
    assert policy.config_schema.properties == {
        "longest": {
            "type": "string",
            "pattern": "^([0-9]+[smhd])+$",
            "description": "How long.",
            "default": "2h",
        }
    }
    assert STACK.policy(Environment.DEV).config_schema is None


def test_a_stack_rule_names_the_resource_where_there_is_one() -> None:
    declared = [Declared(TYPE, "one"), Declared(TYPE, "two")]
    found = violations(declared, Environment.PROD, [STACK])
    assert [(one.resource, one.message) for one in found] == [
        ("two", "two: there are two. Have one"),
        ("", "too many. Have one"),
    ]
    assert violations(declared[:1], Environment.PROD, [STACK]) == []


def test_what_cannot_be_read_is_refused() -> None:
    (found,) = violations([Declared(TYPE, "it", {"ttl": "long"})], Environment.PROD, [RULE])
    assert found.message.startswith("it: cannot be read: duration 'long': must be numbers with")


def test_what_is_not_known_yet_ends_the_look_with_an_advisory() -> None:
    (found,) = violations([Declared(TYPE, "it", {"ttl": UNKNOWN})], Environment.PROD, [RULE])
    assert found.message == "advisory: string value at .ttl can't be known during preview"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        ("", None),
        (True, None),
        (60, 60),
        (60.0, 60),
        ("60", 60),
        ("1h", 3600),
        ("-1", -1),
    ],
)
def test_durations_in_vaults_forms(value: Any, expected: int | None) -> None:
    assert seconds(value) == expected


def test_nested_values() -> None:
    value = {"a": {"b": [1, 2]}, "c": "text"}
    assert dig(value, "a", "b") == [1, 2]
    assert dig(value, "a", "x") is None
    assert dig(value, "c", "x") is None
    assert items(value, "a", "b") == [1, 2]
    assert items(value, "c") == ()
    assert items(value, "x") == ()
    assert [truth(one) for one in (True, "true", False, "false", None, 1)] == [True, True] + [
        False
    ] * 4
    assert Setting(Environment.DEV, {"a": "1h"}).duration("a") == Duration(3600)
