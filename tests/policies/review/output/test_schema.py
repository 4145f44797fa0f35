"""The documents are what their schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policies.review.model import Review
from policies.review.output import as_json, schema
from tests.policies.review.made import FULL, everywhere, hostile, review

SCHEMA: dict[str, Any] = json.loads(schema.render())


@pytest.mark.parametrize("shown", [FULL, review(), everywhere(), hostile("x")])
def test_documents_fit(shown: Review) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(as_json.render(shown)), SCHEMA)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("schema",), "another"),
        (("version",), 2),
        (("summary",), 1),
        (("environments",), "none"),
        (("environments", 2), "prod"),
        (("exit_status",), 3),
        (("verdict",), 2),
        (("environments", 2, "environment"), "moon"),
        (("environments", 2, "workloads", 0, "access", 0, "capabilities"), ["fly"]),
        (("environments", 2, "workloads", 0, "findings", 0, "severity"), 3),
        (("environments", 2, "workloads", 0, "lifetimes", 0, "after", "maximum_seconds"), "1h"),
    ],
)
def test_what_is_wrong_does_not_fit(place: tuple[Any, ...], wrong: object) -> None:
    document = json.loads(as_json.render(FULL))
    *folders, last = place
    within = document
    for one in folders:
        within = within[one]
    within[last] = wrong
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_what_is_missing_does_not_fit() -> None:
    document = json.loads(as_json.render(FULL))
    del document["environments"][2]["workloads"][0]["terms"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)


def test_what_is_published_is_what_is_rendered() -> None:
    assert Path("docs/review/schema.json").read_text() == schema.render()


def test_every_kind_says_what_it_is() -> None:
    assert all(kind["description"] for kind in SCHEMA["$defs"].values())


@pytest.mark.parametrize("hint", [bytes, tuple[int, str]])
def test_a_type_that_it_does_not_know_is_an_error(hint: Any) -> None:
    with pytest.raises(TypeError, match="teach it"):
        schema._of(hint)
