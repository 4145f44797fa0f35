"""Each bill of materials is CycloneDX, holds what is pinned, and is the same every time."""

from __future__ import annotations

import json
from pathlib import Path

from supply import pins, sbom
from supply.pins import Pin
from supply.step import ROOT

FOUND = (Pin("github.com/hashicorp/vault", "v1.21.0"), Pin("rsc.io", "v1.0.0"))


def test_what_is_in_it() -> None:
    text = sbom.made("some", "golang", FOUND)
    document = json.loads(text)
    assert document["specVersion"] == "1.6"
    assert [one["purl"] for one in document["components"]] == [
        "pkg:golang/github.com/hashicorp/vault@v1.21.0",
        "pkg:golang/rsc.io@v1.0.0",
    ]
    assert sbom.problems(text, FOUND) == ()


def test_it_is_the_same_every_time() -> None:
    assert sbom.made("some", "golang", FOUND) == sbom.made("some", "golang", reversed(FOUND))


def test_what_it_lacks_is_told() -> None:
    text = sbom.made("some", "golang", FOUND[:1])
    assert sbom.problems(text, FOUND) == ("lacks rsc.io v1.0.0",)


def test_what_the_schema_refuses_is_told() -> None:
    (told,) = sbom.problems('{"bomFormat": "Other"}', FOUND)
    assert told.startswith("is no CycloneDX 1.6: ")


def test_there_is_one_for_each_lock_and_each_program(tmp_path: Path) -> None:
    answer = sbom.audit(tmp_path)
    assert answer.findings == ()
    written = {file.name.removesuffix(".cdx.json") for file in tmp_path.iterdir()}
    programs = {file.parent.name for file in pins.go_files()}
    assert written == programs | {"development", "jobs", "jobs-build"}
    document = json.loads((tmp_path / "jobs.cdx.json").read_text())
    assert len(document["components"]) == len(pins.python(ROOT / "jobs/requirements.lock"))
