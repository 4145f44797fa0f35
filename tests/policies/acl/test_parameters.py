"""Which parameters a rule takes."""

from __future__ import annotations

from typing import Any

import pytest

from policies.acl import Pattern
from policies.acl.parameters import globbed, refusal
from policies.acl.rules import Source, rule_of
from policies.hcl import parse


def refused(restrictions: str, data: dict[str, Any]) -> str | None:
    (stanza,) = parse(f'path "x" {{ capabilities = ["update"]\n{restrictions} }}')
    return refusal(rule_of(Pattern.of("x"), Source("p", stanza)), data)


ONE = 'allowed_parameters = { a = ["x", "y*"] }'
OTHERS = 'allowed_parameters = { a = ["x"]\n"*" = [] }'
NOT_A = 'denied_parameters = { a = ["x", "y*"] }'


@pytest.mark.parametrize(
    ("restrictions", "data"),
    [
        ("", {"anything": 1}),
        (ONE, {}),
        (ONE, {"a": "x"}),
        (ONE, {"A": "yes"}),
        (ONE, {"a": "x, y1 ,x"}),
        (ONE, {"a": ["x", "yy"]}),
        (ONE, {"a": ""}),
        (ONE, {"a": []}),
        (OTHERS, {"a": "x", "b": 1}),
        ("allowed_parameters = { a = [] }", {"a": {"any": None}}),
        ('allowed_parameters = { "*" = ["x"] }', {"a": "whatever"}),
        ("allowed_parameters = {}", {"a": 1}),
        ("allowed_parameters = { A = [true] }", {"a": True}),
        ('allowed_parameters = { a = [["x", "y"]] }', {"a": ["x", "y"]}),
        ('allowed_parameters = { a = [{ k = "v" }] }', {"a": {"k": "v"}}),
        (NOT_A, {"a": "z", "b": "x"}),
        (NOT_A, {"a": None}),
        ("denied_parameters = {}", {"a": 1}),
        ('required_parameters = ["a"]', {"a": None}),
        ('required_parameters = ["A"]', {"a": 1}),
    ],
)
def test_taken(restrictions: str, data: dict[str, Any]) -> None:
    assert refused(restrictions, data) is None


@pytest.mark.parametrize(
    ("restrictions", "data", "reason"),
    [
        (ONE, {"b": "x"}, "the parameter 'b' is not among those allowed"),
        (ONE, {"a": "z"}, "the parameter 'a' is not allowed with this value"),
        (ONE, {"a": "x,z"}, "not allowed with this value"),
        (ONE, {"a": ["x", "z"]}, "not allowed with this value"),
        (ONE, {"a": None}, "not allowed with this value"),
        (ONE, {"a": {"x": "x"}}, "not allowed with this value"),
        (OTHERS, {"a": "z", "b": 1}, "the parameter 'a' is not allowed with this value"),
        ("allowed_parameters = { a = [1] }", {"a": 1}, "not allowed with this value"),
        ("allowed_parameters = { a = [1.5] }", {"a": 1.5}, "not allowed with this value"),
        ("allowed_parameters = { a = [true] }", {"a": 1}, "not allowed with this value"),
        ('allowed_parameters = { a = ["*"] }', {"a": "x"}, "not allowed with this value"),
        ('allowed_parameters = { a = [{ k { l = "v" } }] }', {"a": {"k": [{"l": "v"}]}}, "value"),
        ('allowed_parameters = { a = [{ k = "v" }] }', {"a": {"k": "v", "l": 1}}, "value"),
        ('allowed_parameters = { a = [["x", "y"]] }', {"a": ["x", "z"]}, "value"),
        ('allowed_parameters = { a = [["x", "y"]] }', {"a": ["x"]}, "value"),
        ('allowed_parameters = { a = [["x", "y"]] }', {"a": "xy"}, "value"),
        (NOT_A, {"A": "x"}, "the parameter 'A' is denied with this value"),
        ("denied_parameters = { a = [true] }", {"a": True}, "denied with this value"),
        ('denied_parameters = { a = ["x,*"] }', {"a": "x,z"}, "denied with this value"),
        (NOT_A, {"a": "z, y"}, "denied with this value"),
        (NOT_A, {"a": ["z", "x"]}, "denied with this value"),
        ("denied_parameters = { a = [] }", {"a": "z"}, "the parameter 'a' is denied"),
        ('denied_parameters = { "*" = ["x"] }', {"b": "z"}, "every parameter is denied"),
        (f"{ONE}\n{NOT_A}", {"a": "x"}, "denied"),
        ('required_parameters = ["a"]', {}, "the parameter 'a' is required"),
        ('required_parameters = ["A"]', {"A": 1}, "the parameter 'a' is required"),
    ],
)
def test_refused(restrictions: str, data: dict[str, Any], reason: str) -> None:
    found = refused(restrictions, data)
    assert found
    assert reason in found


def test_a_parameter_that_is_denied_whatever_its_value_is_told_so() -> None:
    assert refused("denied_parameters = { a = [] }", {"a": "z"}) == "the parameter 'a' is denied"
    assert refused('denied_parameters = { "*" = [] }', {"a": "z"}) == "every parameter is denied"


@pytest.mark.parametrize("space", ["\x1c", "\x1d", "\x1e", "\x1f"])
def test_items_are_trimmed_as_go_does(space: str) -> None:
    """Python calls these white space; Go does not."""
    assert refused('allowed_parameters = { a = ["x", "y"] }', {"a": f"x,{space}y"})
    assert refused('allowed_parameters = { a = ["x", "y"] }', {"a": "x,\u00a0y\u2003"}) is None


@pytest.mark.parametrize(
    ("pattern", "value", "expected"),
    [
        ("x", "x", True),
        ("x", "xx", False),
        ("*", "x", False),
        ("*", "*", True),
        ("", "", True),
        ("**", "", True),
        ("**", "anything", True),
        ("x*", "xyz", True),
        ("*z", "xyz", True),
        ("xy*", "xz", False),
        ("*yz", "xz", False),
        ("*y*", "xyz", True),
        ("*y*", "xz", False),
        ("x*z", "xyz", False),
        ("é*", "éa", True),
        ("é", "é", True),
    ],
)
def test_only_a_first_and_a_last_asterisk_are_wild(
    pattern: str, value: str, expected: bool
) -> None:
    assert globbed(pattern, value) is expected
