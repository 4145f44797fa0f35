"""What stops a migration command, and the exit status that says so.

An error's text names the key, the rule and the fix, and never holds a value: it may be printed and
logged as it is.
"""

from __future__ import annotations

from typing import Final

STOPPED: Final = 3
"""Exit status beside 0 and 1, which are a command's answers, and 2, which is Python's for a wrong
command line: it had to stop, and said why and what was done by then.
"""


class MigrationError(ValueError):
    """Something is missing, refused or not as it must be."""


class CannotScan(MigrationError):  # noqa: N818 - it says what is the matter
    """The tree could not be looked through, so that "no secrets" would mean nothing."""


class Conflict(MigrationError):  # noqa: N818 - the same
    """What is there changed since it was looked at; nothing was written."""
