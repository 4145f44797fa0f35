"""Two of Go's string functions, where Python's do otherwise: Vault decides with Go's."""

from __future__ import annotations

from typing import Final

_PYTHONS_OWN: Final = "\x1c\x1d\x1e\x1f"
"""White space to Python, not to Go."""


def trimmed(text: str) -> str:
    """`strings.TrimSpace`."""
    start, end = 0, len(text)
    while start < end and _is_space(text[start]):
        start += 1
    while start < end and _is_space(text[end - 1]):
        end -= 1
    return text[start:end]


def lowered(text: str) -> str:
    """`strings.ToLower`, which goes letter by letter and never makes two of one."""
    if text.isascii():
        return text.lower()
    return "".join("i" if letter == "\u0130" else letter.lower() for letter in text)


def _is_space(letter: str) -> bool:
    return letter.isspace() and letter not in _PYTHONS_OWN
