"""A comparison as JSON, for machines: everything that is in it.

An object with `schema`, `version`, `summary` (the first line that people read), `exit_status`, and
the fields of `attest.report.Report`; of `access` the review, by the names of
`policies.review.model`. A field may be added within a version.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any, Final

from attest.differences import Difference
from attest.kinds import Kind
from attest.output import wording
from attest.report import Report
from attest.sides import Compared

SCHEMA: Final = "vaultstack.attest"
VERSION: Final = 1


def render(report: Report) -> str:
    """The document, in lines."""
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "summary": wording.headline(report),
        "exit_status": report.status.value,
        **_plain(report),
        "vault_version": report.version,
    }
    # The field would hide the document's own.
    document["version"] = VERSION
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    match value:
        case Kind():
            return value.title
        case IntEnum():
            return value.name.lower().replace("_", "-")
        case Enum():
            return value.value
        case datetime():
            return value.isoformat()
        case Compared():
            return _plain(value.review)
        case Difference():
            return {**_fields(value), "path": value.path}
        case Mapping():
            return {key: _plain(one) for key, one in value.items()}
        case tuple() | list():
            return [_plain(one) for one in value]
        case _ if dataclasses.is_dataclass(value):
            return _fields(value)
        case _:
            return value


def _fields(value: Any) -> dict[str, Any]:
    return {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
