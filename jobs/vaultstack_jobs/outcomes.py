"""How a run ends: the exit codes that a scheduler decides by, and the errors that carry them.

An error's text is for the log: it names what was tried, what stands now and what to do, and never
holds a value.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, unique
from typing import Final


@unique
class Exit(IntEnum):
    """What the process ends with."""

    DONE = 0
    """Done, or not due yet, or another run was quicker and nothing was changed."""
    FAILED = 1
    """Failed, and nothing was changed: worth trying again."""
    CONFIGURATION = 2
    """The file or the command line cannot be used: not worth trying again."""
    ROLLED_BACK = 3
    """The application did not become ready, and the previous value was written back."""
    HALF_WAY = 4
    """Stopped in the middle: the next run completes it, or rolls it back."""
    REFUSED = 5
    """What is there is not what was known; somebody must look before trying again helps."""


SOME_TARGETS: Final = 16
"""To which 1 is added where the first target lacks the snapshot, 2 for the second, 4 for the third,
and so on. Worth trying again."""


class JobError(Exception):
    """A run that ends early; `exit` says as what."""

    exit = Exit.FAILED

    @property
    def code(self) -> int:
        """What the process ends with."""
        return int(self.exit)


class FailedError(JobError):
    """Nothing was changed."""


class ConfigurationError(JobError):
    """Names every key that is wrong, with rule and fix."""

    exit = Exit.CONFIGURATION


class RolledBackError(JobError):
    """The previous value is valid again."""

    exit = Exit.ROLLED_BACK


class HalfWayError(JobError):
    """Something was changed and not finished; the text says what stands."""

    exit = Exit.HALF_WAY


class LostError(JobError):
    """Another run is at it, or was quicker. Nothing was changed by this one."""

    exit = Exit.DONE


class RefusedError(JobError):
    """Nothing was changed, and trying again changes nothing."""

    exit = Exit.REFUSED


class TargetsError(JobError):
    """A snapshot is in some of its targets, and lacks in others."""

    def __init__(self, told: str, lacking: Iterable[int]) -> None:
        super().__init__(told)
        self._code = SOME_TARGETS + sum(1 << number for number in lacking)

    @property
    def code(self) -> int:
        return self._code
