"""What stops a migration command, and the exit statuses that say so.

An error's text names the key, the rule and the fix, and never holds a value: it may be printed and
logged as it is.
"""

from __future__ import annotations

from typing import Final

WRONG_USAGE: Final = 2
"""Exit status: the command line itself. Python's own custom."""
STOPPED: Final = 3
"""Exit status: it could not be scanned, or nothing was moved."""


class MigrationError(ValueError):
    """Something is missing, refused or not as it must be."""


class CannotScan(MigrationError):  # noqa: N818 - it says what is the matter
    """The tree could not be looked through, so that "no secrets" would mean nothing."""


class Conflict(MigrationError):  # noqa: N818 - the same
    """What is there changed since it was looked at; nothing was written."""
