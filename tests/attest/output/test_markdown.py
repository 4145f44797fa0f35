"""A comparison as Markdown, in which no name is more than a name."""

from __future__ import annotations

from attest.output.markdown import render
from tests.attest.output.reports import full, same


def test_the_same_is_short() -> None:
    assert render(same()).startswith("**prod: Vault is what the matrix says**\n")
    assert len(render(same()).splitlines()) == 5


def test_names_stand_in_code_spans() -> None:
    page = render(full())
    assert "<script>" not in page.replace("`", "\0").split("\0")[0]
    assert r"\x60\|</td><script>@all\x1b[31m`" in page
    assert "### Missing: declared, and not in Vault" in page
    assert "`pki/roles/kubesentiment-api`" in page
    assert "<b><code>kubesentiment/batch</code></b>" in page
    assert "nobody declared it" in page


def test_what_is_too_long_is_counted() -> None:
    page = render(full(), most=5_000)
    assert len(page) <= 5_000
    assert "left out, for there is no more room" in page
