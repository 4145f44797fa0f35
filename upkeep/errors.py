"""What stops a command of `python -m upkeep`, and the exit status that says so.

An error's text names what was looked at, the rule and the fix, and never holds a secret: it may be
printed and logged as it is.
"""

from __future__ import annotations

from typing import Final

STOPPED: Final = 3
"""Exit status beside 0 and 1, which are a command's answers, and 2, which is Python's for a wrong
command line: it had to stop, and said why and how to go on.
"""


class UpkeepError(Exception):
    """Something is missing, refused or not as it must be. `str()` is for the operator."""
