"""What a rule asks of a request besides its capability: parameters, and wrapping of the answer.

Whether one rule asks less than another is found by example: a request that the one allows and the
other refuses. A refusal has one cause, be it the wrapping, a parameter that is missing, or one
parameter's value; so it is enough to try the least request that the one allows, with every other
wrapping and with one more parameter, of every value that the lists can tell apart: what they name,
what two of their globs match together, be it as items with a comma between, and what they do not
know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count, product
from typing import Final

from policies.acl import Operation, Rule
from policies.acl.decision import refusal
from policies.acl.parameters import Json
from policies.go_text import lowered
from policies.hcl import Blocks, Capability, Object, Value

_UNKNOWN: Final = "unheard-of"
"""A parameter, and a value, that no policy names."""
_EMPTY: Final = "(empty)"
_OPERATIONS: Final[Mapping[str, Operation]] = {
    operation.value: operation for operation in Operation
}


@dataclass(frozen=True, slots=True)
class Example:
    """A request's parameters and wrapping, in seconds; None is an answer that is not wrapped."""

    data: Mapping[str, Json]
    wrap_ttl: float | None


def loosened(before: Rule, after: Rule, capability: Capability) -> Example | None:
    """A request that `after` allows and `before` refuses, though both have the capability."""
    operation = _OPERATIONS.get(capability.value)
    if operation is None or operation is Operation.SUDO or _asks_alike(before, after):
        return None
    for wrap_ttl, data in product(_wrappings(before, after), _bodies(before, after)):
        if not refusal(after, operation, data, wrap_ttl) and refusal(
            before, operation, data, wrap_ttl
        ):
            return Example(data, wrap_ttl)
    return None


def _asks_alike(one: Rule, other: Rule) -> bool:
    return _asked(one) == _asked(other)


def _asked(rule: Rule) -> tuple[object, ...]:
    return (
        dict(rule.allowed_parameters),
        dict(rule.denied_parameters),
        set(rule.required_parameters),
        rule.min_wrapping_ttl,
        rule.max_wrapping_ttl,
    )


def conditions_of(rule: Rule) -> str:
    """In words; empty where nothing is asked."""
    parts = list[str]()
    if rule.min_wrapping_ttl > 0:
        parts.append(f"wrapped for at least {rule.min_wrapping_ttl} s")
    if rule.max_wrapping_ttl > 0:
        parts.append(f"wrapped for at most {rule.max_wrapping_ttl} s")
    if rule.required_parameters:
        parts.append(f"with {', '.join(rule.required_parameters)}")
    for what, allowances in (("only", rule.allowed_parameters), ("not", rule.denied_parameters)):
        if allowances:
            parts.append(f"{what} {', '.join(_written(*item) for item in allowances.items())}")
    return "; ".join(parts)


def _written(name: str, values: tuple[Value, ...]) -> str:
    if not values:
        return name
    return f"{name} in {'|'.join(str(value) or _EMPTY for value in values)}"


def _wrappings(*rules: Rule) -> list[float | None]:
    """The shortest, each bound, and more than it: what is allowed begins at one of these."""
    bounds = {bound for rule in rules for bound in (rule.min_wrapping_ttl, rule.max_wrapping_ttl)}
    lengths = {0, *bounds, *(bound + 1 for bound in bounds)}
    return [None, *sorted(ttl for ttl in lengths if ttl >= 0)]


def _bodies(before: Rule, after: Rule) -> Iterator[dict[str, Json]]:
    """The least request that `after` may allow, and the same with one more parameter."""
    names = {_UNKNOWN}
    for rule in (before, after):
        # `*` among them: a request's parameter may be called so, and is looked up by this name.
        names |= {*rule.allowed_parameters, *rule.denied_parameters}
        names |= set(map(lowered, rule.required_parameters))
    # Last, as nobody would expect a parameter of that name.
    ordered = sorted(names, key=lambda name: (name == "*", name))
    values = {name: list(_values(name, before, after)) for name in ordered}
    least = dict[str, Json]()
    for name in map(lowered, after.required_parameters):
        accepted = (v for v in values[name] if not _refuses_value(after, name, v))
        least[name] = next(accepted, _UNKNOWN)
    yield least
    for name, candidates in values.items():
        for value in candidates:
            yield {**least, name: value}


def _refuses_value(rule: Rule, name: str, value: Json) -> bool:
    """By itself: beside other parameters the refusal could be theirs, and hide this one."""
    alone = replace(rule, required_parameters=(), min_wrapping_ttl=0, max_wrapping_ttl=0)
    return refusal(alone, Operation.UPDATE, {name: value}, None) is not None


def _values(name: str, *rules: Rule) -> Iterator[Json]:
    listed = [
        value
        for rule in rules
        for allowances in (rule.allowed_parameters, rule.denied_parameters)
        for value in allowances.get(name, ())
    ]
    yield _UNKNOWN
    # Without items a value suits every list.
    yield []
    yield 0
    globs = list(dict.fromkeys(value for value in listed if isinstance(value, str)))
    # Shares no letter with what is listed, so that it makes no glob match that need not.
    other_letter = next(
        letter for letter in map(chr, count(ord("A"))) if letter not in "".join(globs)
    )
    # Where none is wild, what two make together is on no list, and each is tried by itself.
    wild = any(text != glob for glob in globs for text in _forms(glob, other_letter))
    pairs = product(globs, [*globs, ""]) if wild else ()
    both = (text for pair in pairs for text in _both(*pair, other_letter))
    # What is listed goes first: the plainest example is the one to show.
    for text in dict.fromkeys((*globs, *both)):
        yield text
        # As an item it is whole, whatever commas it has.
        yield [text]
    for value in listed:
        if not isinstance(value, str):
            yield _json(value)


def _both(one: str, other: str, filler: str) -> Iterator[str]:
    """Texts that two globs may both match, as a whole or one of them an item."""
    for first, second in product(_forms(one, filler), _forms(other, filler)):
        yield f"{first}{second}"
        yield f"{first},{second}"


def _forms(glob: str, filler: str) -> tuple[str, str]:
    """The least text that it matches, and one with something wherever it is wild. Of one letter
    none is wild.
    """
    before, behind = (len(glob) > 1 and end == "*" for end in (glob[:1], glob[-1:]))
    text = glob[before : len(glob) - behind]
    return text, f"{filler * before}{text}{filler * behind}"


def _json(value: Value) -> Json:
    match value:
        case tuple():
            return [_json(one) for one in value]
        case Object(items):
            return {key: _json(one) for key, one in items}
        case Blocks(objects):
            return [_json(one) for one in objects]
        case _:
            return value
