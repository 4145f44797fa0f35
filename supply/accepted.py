"""The list of known vulnerabilities that are accepted for a time, each with its reason.

An entry that is over counts no more, and one that fits nothing is a finding itself: it would hide
the next one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import msgspec

from supply import lists
from supply.pins import Pin

FILE: Final = Path(__file__).with_name("accepted.toml")
GO_ITSELF: Final = "stdlib"
"""What govulncheck calls Go's own packages."""
LONGEST: Final = timedelta(days=183)
"""The most that nobody looks at an accepted one again."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One `[[accepted]]`: `id` as the source names it, `name` the package or module."""

    id: str
    name: str
    until: date
    reason: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"{self.id}: reason must say why this is no danger here")

    @property
    def of_go(self) -> bool:
        """Whether it is of a module, and not of a Python package, whose name has no slash."""
        return "/" in self.name or self.name == GO_ITSELF


class _List(msgspec.Struct, forbid_unknown_fields=True):
    accepted: list[Entry] = []


@dataclass(frozen=True, slots=True, order=True)
class Advisory:
    """What a source knows against one version."""

    pin: Pin
    id: str
    fixed_in: str = ""
    aliases: frozenset[str] = frozenset()

    def __str__(self) -> str:
        fix = f"fixed in {self.fixed_in}" if self.fixed_in else "no fixed version is known"
        return f"{self.pin}: {self.id} ({fix})"


def read(file: Path = FILE) -> tuple[Entry, ...]:
    return tuple(lists.read(file, _List).accepted)


def unaccepted(
    advisories: Iterable[Advisory], entries: Iterable[Entry], today: date
) -> tuple[str, ...]:
    """What is left, in words, and which entries fit nothing."""
    advisories = sorted(advisories)
    entries = tuple(entries)
    valid = [entry for entry in entries if today <= entry.until <= today + LONGEST]
    left = [one for one in advisories if not any(_fits(entry, one) for entry in valid)]
    over = {entry.id: entry.until for entry in entries if entry.until < today}
    return (
        *(f"{one}{_over(one, over)}" for one in left),
        *(
            f"accepted.toml: {entry.id} is accepted until {entry.until}, which is for good; write "
            f"a date within {LONGEST.days} days"
            for entry in entries
            if entry.until > today + LONGEST
        ),
        *(
            f"accepted.toml: {entry.id} fits {entry.name} no more; remove it"
            for entry in entries
            if not any(_fits(entry, one) for one in advisories)
        ),
    )


def _fits(entry: Entry, advisory: Advisory) -> bool:
    return entry.name == advisory.pin.name and entry.id in {advisory.id, *advisory.aliases}


def _over(advisory: Advisory, over: dict[str, date]) -> str:
    ended = [over[name] for name in (advisory.id, *advisory.aliases) if name in over]
    return f"; it was accepted until {ended[0]}" if ended else ""
