"""A review as JSON, for machines: everything that is in it.

The document is an object with `schema`, `version`, `summary` (the first line that people read) and
all of `policies.review.model.Review`, by the names there; what has an order is written by its name
(`escalation`, `needs-approval`), and the exit status beside it. Its JSON Schema is
`docs/review/schema.json`. A field may be added within a version; whatever else
changes makes another one.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from enum import Enum, IntEnum
from typing import Any, Final

from policies.review.model import Review
from policies.review.output import wording

SCHEMA: Final = "vaultstack.review"
VERSION: Final = 1


def render(review: Review) -> str:
    """The document, in lines."""
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "summary": wording.headline(review),
        "exit_status": review.verdict.value,
        **plain(review),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def plain(value: Any, own: Callable[[Any], Any] = lambda value: value) -> Any:
    """As JSON has it. `own`: what a document writes in its own way, with something plain for it."""
    value = own(value)
    match value:
        case IntEnum():
            return named(value)
        case Enum():
            return value.value
        case Mapping():
            return {key: plain(one, own) for key, one in value.items()}
        case tuple() | list():
            return [plain(one, own) for one in value]
        case _ if dataclasses.is_dataclass(value):
            return plain(fields(value), own)
        case _:
            return value


def fields(value: Any) -> dict[str, Any]:
    """A dataclass's, by name."""
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def named(value: IntEnum) -> str:
    """As the document writes what has an order."""
    return value.name.lower().replace("_", "-")
