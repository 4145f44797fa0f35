"""What is said of a place that values are moved to, without the values.

A place is looked at first; what was seen has a version, and writing takes that version: should
anybody write in between, it writes nothing and raises `Conflict`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol

from policies.resources import KvEntry


@unique
class Status(StrEnum):
    """How a value that is to be moved stands to what is there."""

    THERE = "already there"
    NEW = "not there yet"
    DIFFERS = "has another value there"
    UNREADABLE = "is there, and may not be read"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is there of one entry."""

    version: str
    """Empty where there is nothing."""
    statuses: Mapping[str, Status]
    """Key that is to be moved -> how it stands."""
    others: frozenset[str] = frozenset()
    """Declared keys that are there, and stay."""
    deleted: bool = False
    """Its last version was deleted: no value of it remains to be kept."""

    @property
    def to_write(self) -> frozenset[str]:
        return frozenset(key for key, one in self.statuses.items() if one is not Status.THERE)


class Place(Protocol):
    """Vault, or the stack's configuration."""

    @property
    def name(self) -> str: ...

    def look(self, entry: KvEntry, values: Mapping[str, str]) -> Seen:
        """Raises `MigrationError` where that is not allowed, or not possible."""
        ...

    def write(self, entry: KvEntry, values: Mapping[str, str], seen: Seen) -> str:
        """All of it or nothing; returns the version that it became. Raises `Conflict`, or
        `MigrationError`.
        """
        ...
