"""The JSON Schema of `as_json`, from the types of a review, so that it says what they say."""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Iterator, Mapping
from enum import Enum, IntEnum
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from policies.review.conditions import Example
from policies.review.model import Review, Verdict
from policies.review.output.as_json import SCHEMA, VERSION, named

_SIMPLE: Final[Mapping[Any, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    NoneType: "null",
}
_REQUEST: Final = {"data": {"type": "object"}, "wrap_ttl": {"type": ["number", "null"]}}
"""A request's parameters can be any JSON."""


def render() -> str:
    """The schema, in lines."""
    kinds = {kind.__name__: _definition(kind) for kind in _kinds(Review)}
    review = kinds.pop(Review.__name__)
    first = {
        "schema": {"const": SCHEMA},
        "version": {"const": VERSION},
        "summary": {"type": "string", "description": "The first line that people read."},
        "exit_status": {"enum": [verdict.value for verdict in Verdict]},
    }
    properties = {**first, **review["properties"]}
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A review of a change of access",
        **_object(properties),
        "$defs": dict(sorted(kinds.items())),
    }
    return json.dumps(document, indent=2) + "\n"


def _kinds(kind: type[Any]) -> Iterator[type[Any]]:
    """This one and all that are within it; some more than once."""
    yield kind
    for hint in _fields(kind).values():
        for part in _parts(hint):
            yield from _kinds(part)


def _fields(kind: type[Any]) -> Mapping[str, Any]:
    if kind is Example or not dataclasses.is_dataclass(kind):
        return {}
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _parts(hint: Any) -> Iterator[type[Any]]:
    if arguments := get_args(hint):
        for argument in arguments:
            yield from _parts(argument)
    elif dataclasses.is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, Enum)):
        yield hint  # type: ignore[misc]


def _definition(kind: type[Any]) -> dict[str, Any]:
    described = {"description": " ".join((inspect.getdoc(kind) or "").split())}
    if issubclass(kind, IntEnum):
        return {**described, "enum": [named(one) for one in kind]}
    if issubclass(kind, Enum):
        return {**described, "enum": [one.value for one in kind]}
    if kind is Example:
        return {**described, **_object(_REQUEST)}
    return {**described, **_object({name: _of(hint) for name, hint in _fields(kind).items()})}


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _of(hint: Any) -> dict[str, Any]:
    if hint in _SIMPLE:
        return {"type": _SIMPLE[hint]}
    if get_origin(hint) in (Union, UnionType):
        return {"anyOf": [_of(one) for one in get_args(hint)]}
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        return {"type": "array", "items": _of(get_args(hint)[0])}
    if dataclasses.is_dataclass(hint) or (isinstance(hint, type) and issubclass(hint, Enum)):
        return {"$ref": f"#/$defs/{hint.__name__}"}  # type: ignore[union-attr]
    raise TypeError(f"no JSON Schema for {hint!r}: teach it to policies.review.output.schema")
