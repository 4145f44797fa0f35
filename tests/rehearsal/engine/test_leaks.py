"""A secret that lies in a file is found, however it is written there."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from rehearsal.engine.leaks import Leak, search

SECRET = 'a "secret" with\nlines & <letters> such as é'
GO_WRITES = r'"a \"secret\" with\nlines \u0026 \u003cletters\u003e such as é"'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        json.dumps({"value": SECRET}),
        json.dumps({"plaintext": json.dumps(SECRET)}),
        GO_WRITES,
        json.dumps({"plaintext": GO_WRITES}, ensure_ascii=False),
        base64.b64encode(SECRET.encode()).decode(),
    ],
)
def test_it_is_found(written: str, tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "state.json").write_text(f"before {written} after")
    found = search(tmp_path, {SECRET, "another"})
    assert found.leaks == (Leak("inner/state.json", 1),)
    assert SECRET not in str(found)


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text("v1:ciphertext")
    found = search(tmp_path, {SECRET})
    assert (found.files, found.leaks) == (1, ())


def test_links_lead_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text(SECRET)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "elsewhere")
    assert search(tmp_path / "here", {SECRET}).leaks == ()
