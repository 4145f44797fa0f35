"""The worked examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from policies.matrix import MATRIX
from policies.review import examples
from policies.review.examples import COMMAND, EXAMPLES, FOLDER, files, main, rendered


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    return dict(files())


def test_they_are_fresh(texts: dict[str, str]) -> None:
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert there.keys() == texts.keys(), f"run `{COMMAND}`, and remove what it does not write"
    assert there == texts, f"run `{COMMAND}`"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("reformatting", ("**No access is gained or lost**", "-# every token")),
        ("new-application", ("1 workload gains access", "recommendations/api", "is new to prod")),
        ("widened-glob", ("1 high risk", '+path "secret/data/*" {', "`secret/data/media-catalog")),
        ("escalation", ("1 escalation", "Needs the approval of `security-team`")),
        ("removed-grant", ("No access is gained, 1 workload loses some", "no approval is needed")),
    ],
)
def test_each_shows_its_point(texts: dict[str, str], name: str, parts: tuple[str, ...]) -> None:
    assert [part for part in parts if part not in texts[f"{name}.md"]] == []


def test_there_are_five_and_the_index_has_all(texts: dict[str, str]) -> None:
    assert len(EXAMPLES) == 5
    for example in EXAMPLES:
        assert f"[{example.title}]({example.name}.md)" in texts["README.md"]


def test_the_json_fits_the_schema(texts: dict[str, str]) -> None:
    schema: dict[str, Any] = json.loads(texts["schema.json"])
    jsonschema.validate(json.loads(texts["widened-glob.json"]), schema)


def test_an_edit_that_fits_nothing_any_more_is_an_error() -> None:
    with pytest.raises(ValueError, match="adapt it"):
        examples._edited(rendered(MATRIX), "kubesentiment-batch", str)


def test_the_command_writes_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, texts: dict[str, str]
) -> None:
    folder = tmp_path / "docs" / "review"
    monkeypatch.setattr(examples, "FOLDER", folder)
    for _ in ("where nothing is", "where they are"):
        main()
        assert {path.name: path.read_text() for path in folder.iterdir()} == texts
