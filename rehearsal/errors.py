"""What a rehearsal says when it cannot go on."""


class RehearsalError(Exception):
    """A rehearsal stopped.

    The message names the thing, the rule it broke and the fix. It never holds a secret, so it may
    be printed and logged as it is.
    """


class NotYet(Exception):  # noqa: N818 - no error, the ordinary answer while waiting
    """Raised by a check given to `wait_until`: not true yet, for the reason given; ask again."""
