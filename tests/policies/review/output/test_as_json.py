"""What machines read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.review.difference import AccessChange
from policies.review.model import Review
from policies.review.output import as_json
from tests.policies.review.made import FULL, LISTS, READS, everywhere, hostile, review

TEXT = "</script>\u202e\x00 \u00e9"


def test_it_says_what_it_is() -> None:
    document = json.loads(as_json.render(FULL))
    assert (document["schema"], document["version"]) == ("vaultstack.review", 1)
    assert document["summary"].startswith("dev: 1 workload gains access")
    assert (document["verdict"], document["exit_status"]) == ("needs-approval", 2)


def test_everything_is_in_it() -> None:
    document = json.loads(as_json.render(FULL))
    dev, _, prod = document["environments"]
    assert [dev["environment"], dev["unchanged"]] == ["dev", 7]
    api = prod["workloads"][0]
    assert api["status"] == "changed"
    assert api["findings"][0]["severity"] == "escalation"
    assert api["findings"][0]["approvers"] == ["security-team"]
    wrapped = next(one for one in api["access"] if one["example"])
    assert wrapped == {
        "direction": "gained",
        "capabilities": ["update"],
        "paths": "auth/approle/role/shop-ci/secret-id",
        "besides": [],
        "witness": "auth/approle/role/shop-ci/secret-id",
        "rule": "auth/approle/role/shop-ci/secret-id",
        "instead_of": ["auth/approle/role/+/secret-id"],
        "conditions": "wrapped for at least 60 s",
        "example": {"data": {"ttl": "1h"}, "wrap_ttl": 60},
    }
    assert api["terms"][0]["topic"] == "login"
    assert api["lifetimes"][1]["before"] is None
    assert api["lifetimes"][1]["after"]["default_bound"] == "token"


@pytest.mark.parametrize("shown", [FULL, review(), everywhere(), hostile(TEXT)])
def test_the_same_review_is_the_same_text(shown: Review) -> None:
    assert as_json.render(shown) == as_json.render(shown)
    assert as_json.render(shown).endswith("\n")


def test_a_text_stays_what_it_is() -> None:
    text = as_json.render(hostile(TEXT))
    assert json.loads(text)["base"] == TEXT
    assert "\u00e9" in text


def test_it_can_be_read_and_compared_by_lines() -> None:
    assert as_json.render(FULL).splitlines()[1:3] == [
        '  "schema": "vaultstack.review",',
        '  "version": 1,',
    ]


def test_a_document_may_write_some_of_it_in_its_own_way() -> None:
    def own(value: Any) -> Any:
        return value.paths if isinstance(value, AccessChange) else value

    written = as_json.plain({"reviews": [FULL]}, own)["reviews"][0]
    assert written["environments"][0]["workloads"][0]["access"] == [READS.paths, LISTS.paths]
