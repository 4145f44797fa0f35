"""Text as Go trims and lowers it."""

from __future__ import annotations

import pytest

from policies.go_text import lowered, trimmed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" a b\t\n", "a b"),
        ("\u00a0\u0085\u2003\u3000a\u2028", "a"),
        ("\x1ca\x1f", "\x1ca\x1f"),
        (" \x1d ", "\x1d"),
        ("\u200ba", "\u200ba"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_trimmed(text: str, expected: str) -> None:
    assert trimmed(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("AbC", "abc"), ("ÄÉ", "äé"), ("\u0130", "i"), ("\u0391\u03a3", "\u03b1\u03c3"), ("ß", "ß")],
)
def test_lowered(text: str, expected: str) -> None:
    """A dotted I becomes one letter, and a last sigma is one like any other."""
    assert lowered(text) == expected
