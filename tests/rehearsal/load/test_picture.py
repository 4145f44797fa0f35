"""The picture is made, says what it shows, and is the same for the same figures."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from rehearsal.load import picture
from tests.rehearsal.load import made


def test_the_picture_names_every_curve_and_the_aim(tmp_path: Path) -> None:
    file = tmp_path / "load.svg"
    picture.save(file, made.results())
    text = " ".join(ET.parse(file).getroot().itertext())
    for said in (
        "as deployed: P99",
        "as deployed, no audit: P99",
        "Vault's defaults: P99",
        "Vault's defaults, no TLS: P99",
        "aim for P99: 20 ms",
        "P99.9",
        "100 KV reads a second",
        "staging",
    ):
        assert said in text


def test_the_same_figures_make_the_same_picture(tmp_path: Path) -> None:
    one, other = tmp_path / "one.svg", tmp_path / "other.svg"
    for file in (one, other):
        picture.save(file, made.results())
    assert one.read_bytes() == other.read_bytes()
