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
from collections.abc import Mapping
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
        **_plain(review),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    match value:
        case IntEnum():
            return named(value)
        case Enum():
            return value.value
        case Mapping():
            return {key: _plain(one) for key, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case _ if dataclasses.is_dataclass(value):
            fields = dataclasses.fields(value)
            return {field.name: _plain(getattr(value, field.name)) for field in fields}
        case _:
            return value


def named(value: IntEnum) -> str:
    """As the document writes what has an order."""
    return value.name.lower().replace("_", "-")
