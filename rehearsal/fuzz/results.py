"""What was compared, and what differed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique


@unique
class Kind(StrEnum):
    """What Vault and `policies.acl` were both asked."""

    CAPABILITIES = "capabilities"
    TEXTS = "texts"
    OPERATIONS = "operations"


@dataclass(frozen=True, slots=True)
class Difference:
    """One question that the two answer differently, with all that it takes to ask again."""

    question: str
    ours: str
    vaults: str
    policies: Mapping[str, str]
    """Name -> text, of those that the asker has."""


@dataclass(slots=True)
class Tally:
    """What one kind of comparison found so far. `apart`: questions that were not compared, by the
    reason, which is a documented limit and not a difference.
    """

    compared: int = 0
    differences: list[tuple[int, Difference]] = field(default_factory=list)
    """With the seed of the round that found it."""
    apart: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Round:
    """What one round found."""

    compared: int
    differences: tuple[Difference, ...]
    apart: Mapping[str, int] = field(default_factory=dict)
