"""A comparison as JSON, for machines: everything that is in it.

An object with `schema`, `version`, `summary` (the first line that people read), `exit_status`, and
the fields of `attest.report.Report`; of `access` the review, by the names of
`policies.review.model`. A field may be added within a version.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from attest.differences import Difference
from attest.kinds import Kind
from attest.output import wording
from attest.report import Report
from attest.sides import Compared
from policies.review.output.as_json import fields, plain

SCHEMA: Final = "vaultstack.attest"
VERSION: Final = 1


def render(report: Report) -> str:
    """The document, in lines."""
    document = {
        "schema": SCHEMA,
        "version": VERSION,
        "summary": wording.headline(report),
        "exit_status": report.status.value,
        **plain(report, _own),
        "vault_version": report.version,
    }
    # The field would hide the document's own.
    document["version"] = VERSION
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _own(value: Any) -> Any:
    match value:
        case Kind():
            return value.title
        case datetime():
            return value.isoformat()
        case Compared():
            return value.review
        case Difference():
            return {**fields(value), "path": value.path}
        case _:
            return value
