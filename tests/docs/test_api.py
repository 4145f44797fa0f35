"""The API's reference is MyST that Sphinx takes as it is meant."""

from __future__ import annotations

import pytest

from docs._ext.api import markdown, overview, page
from tests.recording import ROOT

FILES = "https://example.com/blob/main"


def test_a_class_has_its_methods_inside() -> None:
    text = page(ROOT, ["vaultstack_client"], FILES)
    start = text.index("``````{py:class} VaultClient(")
    block = text[start : text.index("\n``````\n", start)]
    assert "`````{py:method} get_secret(path: str" in block
    assert "An entry as it is now" in block
    assert f"{FILES}/client/vaultstack_client/__init__.py" in text


def test_values_keep_their_quotes() -> None:
    text = page(ROOT, ["policies.grants"], FILES)
    assert "`````{py:attribute} READ\n:value: \"'read'\"\n\nThe values, nothing else." in text
    assert '{py:data} Grant\n:value: "Kv | Database' in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("below <name>/", r"below \<name>/"),
        ("below `<name>/` and <b>", r"below `<name>/` and \<b>"),
        ("Text.\n\n    python -m some <file>", "Text.\n\n    python -m some <file>"),
    ],
)
def test_what_looks_like_html_is_text(text: str, shown: str) -> None:
    assert markdown(text) == shown


def test_every_module_is_in_the_overview() -> None:
    text = overview(ROOT, ["upkeep"], FILES)
    assert f"| [`upkeep.peers`]({FILES}/upkeep/peers.py) | " in text
    assert "__main__" not in text
