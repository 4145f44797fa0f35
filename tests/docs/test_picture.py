"""The picture of the packages is well-formed, and fresh."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from docs._ext.imports import Graph, graph
from docs._ext.picture import FILE, main, picture
from tests.recording import ROOT

SVG = "{http://www.w3.org/2000/svg}"


def test_it_has_a_box_for_each_package_and_an_arrow_for_each_import() -> None:
    packages = Graph(
        {"a": "Says <this> & that", "b": "", "c": ""},
        frozenset({("b", "a"), ("c", "b")}),
    )
    drawn = ET.fromstring(picture(packages))
    texts = [text.text for text in drawn.iter(f"{SVG}text")]
    assert texts == ["a", "Says <this> & that", "b", "c"]
    assert len(list(drawn.iter(f"{SVG}rect"))) == 1 + 3
    ways = [path for path in drawn.iter(f"{SVG}path") if path.get("class") == "way"]
    assert len([way for way in ways if way.get("marker-end")]) == 2


def test_a_text_stays_in_its_box() -> None:
    drawn = ET.fromstring(picture(Graph({"a": "word " * 40}, frozenset())))
    _, box = drawn.iter(f"{SVG}rect")
    end = int(box.attrib["y"]) + int(box.attrib["height"])
    assert max(int(text.attrib["y"]) for text in drawn.iter(f"{SVG}text")) < end


def test_it_is_fresh() -> None:
    """Otherwise `python -m docs._ext.picture`."""
    assert FILE.read_text() == picture(graph(ROOT))


def test_the_command_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docs._ext.picture.FILE", tmp_path / "packages.svg")
    main()
    assert (tmp_path / "packages.svg").read_text() == FILE.read_text()
