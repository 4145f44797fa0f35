"""When a job runs: a cron expression that every side reads alike.

Kubernetes starts the jobs and Vault rotates database users, both with robfig/cron; what runs when
is told here with cronsim, which is Debian's cron. The three differ: in `L` and `#`, in 7 for
Sunday, and in whether both days must fit. So only what means the same to all can be written: five
fields, in UTC, of which at most one is about days. This says nothing of what runs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from cronsim import CronSim, CronSimError

from policies.lifetime import Duration

_FIELDS: Final = ("minute", "hour", "day of the month", "month", "day of the week")
_NAMES: Final = {
    "month": "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec",
    "day of the week": "sun|mon|tue|wed|thu|fri|sat",
}
_SOME_DAY: Final = datetime(2024, 1, 1)  # noqa: DTZ001 - no clock: UTC, and any start would do
_LOOKED_AHEAD: Final = timedelta(days=2 * 366)
_SHORTEST: Final = Duration(3600)


@dataclass(frozen=True, slots=True)
class Cron:
    """`Cron("0 3 * * 1")`: Mondays at three, UTC. At most once an hour."""

    text: str

    def __post_init__(self) -> None:
        fields = self.text.split(" ")
        if len(fields) != len(_FIELDS) or not all(fields):
            raise ValueError(
                f"schedule {self.text!r}: must be five fields ({', '.join(_FIELDS)}) with one "
                "blank between, in UTC and without TZ=; write one such as '0 3 * * 1', which is "
                "Mondays at three"
            )
        for name, field in zip(_FIELDS, fields, strict=True):
            _check_field(self.text, name, field)
        if "*" not in (fields[2], fields[4]):
            raise ValueError(
                f"schedule {self.text!r}: must leave one of {_FIELDS[2]} and {_FIELDS[4]} at '*': "
                "where both say something, one cron runs when both fit and another when either "
                "does; write '*' for one of them"
            )
        try:
            interval = _interval(self.text)
        except CronSimError as error:
            raise ValueError(
                f"schedule {self.text!r}: is none that cron knows ({error}); "
                "write one such as '0 3 * * 1', which is Mondays at three"
            ) from None
        if interval is None:
            raise ValueError(f"schedule {self.text!r}: never comes; write a day that the month has")
        if interval < _SHORTEST:
            raise ValueError(
                f"schedule {self.text!r}: must not run again within {_SHORTEST}, and does after "
                f"{interval}; name one minute, such as '0 3 * * 1'"
            )

    @property
    def interval(self) -> Duration:
        """The shortest time between two runs: whatever was done longer ago is due again."""
        interval = _interval(self.text)
        assert interval
        return interval

    def __str__(self) -> str:
        return self.text


def _check_field(text: str, name: str, field: str) -> None:
    """What both crons read, in the same sense. Whether a number is in range, cronsim says."""
    forms = [r"\*(?:/[0-9]{1,2})?", r"([0-9]{1,2})(?:-([0-9]{1,2}))?(?:/[0-9]{1,2})?"]
    if name in _NAMES:
        forms.append(rf"(?:{_NAMES[name]})(?:-(?:{_NAMES[name]}))?")
    for item in field.split(","):
        found = re.fullmatch("|".join(forms), item, re.IGNORECASE)
        # Of 7-7/2 cronsim makes 7/2, which is 7, 9 and so on.
        if not found or (found[2] and int(found[1]) >= int(found[2])):
            raise ValueError(
                f"schedule {text!r}: the {name} must be '*', numbers, ranges that ascend and "
                f"steps, and is {field!r}; write such as '3', '1-5', '*/6' or '1,15'"
            )
    if name == "day of the week" and re.search("[7/]", field):
        raise ValueError(
            f"schedule {text!r}: the {name} must be 0 to 6 without a step, and is {field!r}: some "
            "crons count Sunday as 7, too, and others do not; write 0 for Sunday, and each day"
        )


@lru_cache(maxsize=256)
def _interval(text: str) -> Duration | None:
    """None where it never comes. Raises `CronSimError`."""
    runs = CronSim(text, _SOME_DAY)
    try:
        last = start = next(runs)
        shortest = (now := next(runs)) - last
        while now - start < _LOOKED_AHEAD and shortest.total_seconds() >= _SHORTEST.seconds:
            last, now = now, next(runs)
            shortest = min(shortest, now - last)
    except (StopIteration, RuntimeError):
        return None
    return Duration(int(shortest.total_seconds()))
