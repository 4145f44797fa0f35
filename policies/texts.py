"""Plain texts: words in a row, amounts, how much of a long one is shown, and what a terminal may be
shown of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

MOST_OF_A_TEXT: Final = 1_000
"""Characters of one sentence or path, in what people read."""
MOST_REASONS: Final = 20
"""Of one finding; whoever needs more has the JSON."""
MOST_LINES: Final = 100
"""Of one table."""

# What stands for nothing but itself, for Markdown and for GitHub, too: a word, a number.
_PLAIN: Final = re.compile(r"[A-Za-z][A-Za-z'-]*|(?:\d+(?:[.,]\d+)*[a-z]{0,3})+%?|[-\u2013\u2212]")
# ... unless GitHub makes a link of it: an issue's number, a commit.
_LINKED: Final = re.compile(r"gh-.*|(?=.*\d)[0-9a-f]{7,}", re.IGNORECASE)


def joined(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *others, last = list(words) or [""]
    return f"{', '.join(others)} and {last}" if others else last


def some(words: Sequence[str], most: int = 10) -> str:
    """As `joined`; of more than `most` the first, and how many others."""
    if len(words) <= most:
        return joined(words)
    others = counted(len(words) - most, "other", "others")
    return f"{', '.join(words[:most])} and {others}"


def clipped(text: str, most: int = MOST_OF_A_TEXT) -> str:
    """The text's beginning, and how much is left out."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\N{HORIZONTAL ELLIPSIS} ({len(text) - most} more characters)"


def counted(number: int, one: str, many: str) -> str:
    """`1 escalation`, `2 escalations`; empty for none."""
    return f"{number} {one if number == 1 else many}" if number else ""


def seen(text: str, *, lines: bool = False) -> str:
    """Without what a terminal would obey: of a commit, or a pull request, names and paths are
    anybody's. `lines`: whether lines stay lines.
    """
    return "".join(
        one
        if one.isprintable() or (lines and one == "\n")
        else one.encode("unicode_escape").decode()
        for one in text
    )


def words(text: str) -> Iterator[tuple[str, str, str]]:
    """What stands before, and behind, whatever is no plain word: a path, a name with an accent or
    an at sign. Of a plain word only the first is there.
    """
    return map(_word, text.split())


def _word(text: str) -> tuple[str, str, str]:
    word = text.lstrip("('\"")
    before, after = text[: len(text) - len(word)], ""
    while word and word[-1] in ")'\".,;:!?" and not _opened(word):
        word, after = word[:-1], word[-1] + after
    if not word or (_PLAIN.fullmatch(word) and not _LINKED.fullmatch(word)):
        return text, "", ""
    return before, word, after


def _opened(word: str) -> bool:
    """Whether the last character closes what the word itself opens."""
    if word[-1] == ")":
        return word.count("(") >= word.count(")")
    return word[-1] in "'\"" and word.count(word[-1]) % 2 == 0
