"""What is wrong with a question, and the exit status that says so.

No status of an error is one of an answer: 1 is "no" of `can` and "within limits" of `review`, so
neither wrong usage (2 by Python's own custom) nor a crash (1) may keep its number.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

ERROR: Final = 3
"""Exit status: there is no answer."""
_MOST_NAMED: Final = 50


class CommandError(ValueError):
    """What was asked for is not there, or cannot be. Names it, the rule and the fix."""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """That there is nothing of this name, what may have been meant, and what there is."""
    names = list(map(str, known))
    close = difflib.get_close_matches(name, names, n=3)
    meant = f"did you mean {' or '.join(map(repr, close))}? " if close else ""
    more = len(names) - _MOST_NAMED
    others = f" and {more} more, which `python -m policies matrix` shows" if more > 0 else ""
    there = ", ".join(names[:_MOST_NAMED]) + others
    return f"{kind} {name!r}: there is none of this name; {meant}there are {there or 'none'}"
