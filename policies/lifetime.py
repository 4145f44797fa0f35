"""Durations and lifetimes of credentials, as types, so that a bare number never stands for time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORM = re.compile(r"(?:\d+[smhd])+")
_PART = re.compile(r"(\d+)([smhd])")


@total_ordering
@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time in whole seconds, more than none."""

    seconds: int

    def __post_init__(self) -> None:
        if self.seconds <= 0:
            raise ValueError(
                f"duration {self.seconds}s: must be more than nothing; write one such as '1h'"
            )

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read `90s`, `15m`, `1h30m`, `30d`. A bare number has no unit and is refused."""
        if not _FORM.fullmatch(text):
            raise ValueError(
                f"duration {text!r}: must be numbers with units s, m, h or d; "
                "write one such as '90s', '15m', '1h30m' or '30d'"
            )
        return cls(sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text)))

    def __lt__(self, other: Duration) -> bool:
        return self.seconds < other.seconds

    def __str__(self) -> str:
        """The shortest form in hours, minutes and seconds, which is how Vault writes it."""
        hours, rest = divmod(self.seconds, 3600)
        minutes, seconds = divmod(rest, 60)
        parts = ((hours, "h"), (minutes, "m"), (seconds, "s"))
        return "".join(f"{number}{unit}" for number, unit in parts if number)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a credential lives when nobody asks, and the most that renewal can reach."""

    default: Duration
    maximum: Duration

    def __post_init__(self) -> None:
        if self.default > self.maximum:
            raise ValueError(
                f"lifetime: the default {self.default} is above the maximum {self.maximum}; "
                "lower the default or raise the maximum"
            )

    @classmethod
    def of(cls, default: str, maximum: str) -> Lifetime:
        """`Lifetime.of("1h", "24h")`."""
        return cls(Duration.parse(default), Duration.parse(maximum))

    def __str__(self) -> str:
        return f"{self.default}, at most {self.maximum}"
