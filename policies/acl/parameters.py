"""Whether a request's parameters are what a rule allows (vault/acl.go)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from policies.acl.rules import Rule
from policies.go_text import lowered, trimmed
from policies.hcl import Blocks, Object, Value

Json: TypeAlias = "str | bool | int | float | Sequence[Json] | Mapping[str, Json] | None"


def refusal(rule: Rule, data: Mapping[str, Json]) -> str | None:
    """Why `rule` does not allow a request with these parameters; None where it does.

    Names in rules are in lower case. A request's names are made so before they are looked up, but
    not for required parameters: there Vault wants them in lower case already.
    """
    for name in rule.required_parameters:
        if lowered(name) not in data:
            return f"the parameter {lowered(name)!r} is required"
    if not data:
        return None
    if "*" in rule.denied_parameters:
        return "every parameter is denied"
    for name, value in data.items():
        denied = rule.denied_parameters.get(lowered(name))
        if denied is not None and _is_denied(value, denied):
            return f"the parameter {name!r} is denied" + (" with this value" if denied else "")
    return _not_allowed(rule.allowed_parameters, data)


def _not_allowed(
    allowances: Mapping[str, tuple[Value, ...]], data: Mapping[str, Json]
) -> str | None:
    others = "*" in allowances
    if not allowances or (others and len(allowances) == 1):
        return None
    for name, value in data.items():
        allowed = allowances.get(lowered(name))
        if allowed is None:
            if not others:
                return f"the parameter {name!r} is not among those allowed"
        elif not _is_allowed(value, allowed):
            return f"the parameter {name!r} is not allowed with this value"
    return None


def _is_allowed(value: Json, allowed: Sequence[Value]) -> bool:
    """All items of a list, or of a string with commas, where the whole does not match."""
    if not allowed or _matches_one(value, allowed):
        return True
    items = _items(value)
    return items is not None and all(_matches_one(item, allowed) for item in items)


def _is_denied(value: Json, denied: Sequence[Value]) -> bool:
    """Any item of a list, or of a string with commas, where the whole does not match."""
    if not denied or _matches_one(value, denied):
        return True
    return any(_matches_one(item, denied) for item in _items(value) or ())


def _items(value: Json) -> Iterable[Json] | None:
    if isinstance(value, str):
        return [trimmed(item) for item in value.split(",")] if value else []
    if isinstance(value, Sequence):
        return value
    return None


def _matches_one(value: Json, patterns: Iterable[Value]) -> bool:
    return any(_matches(value, pattern) for pattern in patterns)


def _matches(value: Json, pattern: Value) -> bool:
    """Strings by glob, whatever else by equality of what Go makes of it: an HTTP request's numbers
    are of a type of their own, which equals none that a policy can hold.
    """
    if isinstance(pattern, str):
        return isinstance(value, str) and globbed(pattern, value)
    return _equal(value, pattern)


def _equal(value: Json, pattern: Value) -> bool:
    match pattern:
        case bool() | str():
            return type(value) is type(pattern) and value == pattern
        case int() | float() | Blocks():
            return False
        case tuple():
            return (
                isinstance(value, Sequence)
                and not isinstance(value, str)
                and len(value) == len(pattern)
                and all(map(_equal, value, pattern))
            )
        case Object(items):
            return (
                isinstance(value, Mapping)
                and value.keys() == dict(items).keys()
                and all(_equal(value[key], inner) for key, inner in items)
            )


def globbed(pattern: str, value: str) -> bool:
    """Only a first and a last `*` are wild, and of one character none is."""
    if len(pattern.encode(errors="surrogateescape")) < 2:
        return value == pattern
    match pattern.startswith("*"), pattern.endswith("*"):
        case True, True:
            return pattern[1:-1] in value
        case True, False:
            return value.endswith(pattern[1:])
        case False, True:
            return value.startswith(pattern[:-1])
        case _:
            return value == pattern
