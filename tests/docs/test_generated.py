"""A page gets what it wants generated, and nothing is left out in silence."""

from __future__ import annotations

import pytest
from sphinx.errors import ExtensionError

from docs._ext.generated import GENERATORS, filled
from tests.recording import ROOT


def test_the_rest_of_the_page_stays() -> None:
    text = "# Title\n\n<!-- generated: api policies.lifetime -->\n\nThe end.\n"
    made = filled(text, "https://example.com/blob/main")
    assert made.startswith("# Title\n\n## policies.lifetime\n")
    assert "[`policies/lifetime.py`](https://example.com/blob/main/policies/lifetime.py)" in made
    assert made.endswith("\n\nThe end.\n")


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ExtensionError, match="nothing of that name is generated; write one of"):
        filled("<!-- generated: gone -->", "")


def test_all_that_can_be_generated_is_wanted_by_a_page() -> None:
    pages = "".join(path.read_text() for path in (ROOT / "docs").rglob("*.md"))
    assert {name for name in GENERATORS if f"<!-- generated: {name}" in pages} == {*GENERATORS}
