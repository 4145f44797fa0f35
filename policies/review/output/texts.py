"""Plain texts: words in a row, amounts, and how much of a long one is shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

MOST_OF_A_TEXT: Final = 1_000
"""Characters of one sentence or path, in what people read."""
MOST_REASONS: Final = 20
"""Of one finding; whoever needs more has the JSON."""
MOST_LINES: Final = 100
"""Of one table."""


def joined(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *others, last = list(words) or [""]
    return f"{', '.join(others)} and {last}" if others else last


def some(words: Sequence[str], most: int = 10) -> str:
    """As `joined`; of more than `most` the first, and how many others."""
    if len(words) <= most:
        return joined(words)
    return f"{', '.join(words[:most])} and {len(words) - most} others"


def clipped(text: str, most: int = MOST_OF_A_TEXT) -> str:
    """The text's beginning, and how much is left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\N{HORIZONTAL ELLIPSIS} ({len(text) - most} more characters)"


def counted(number: int, one: str, many: str) -> str:
    """`1 escalation`, `2 escalations`; empty for none."""
    return f"{number} {one if number == 1 else many}" if number else ""
