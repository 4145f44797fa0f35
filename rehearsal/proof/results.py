"""What was tried, what was expected, and what was seen."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, unique


@unique
class Figure(Enum):
    """The latencies that the decision record names, in milliseconds."""

    STATIC_SECRET = ("static secret", 5, 15)
    DATABASE_CREDENTIALS = ("database credentials", 20, 40)
    TOKEN_RENEWAL = ("token renewal", 10, 20)
    CERTIFICATE = ("certificate", 50, 100)

    @property
    def label(self) -> str:
        return self.value[0]

    @property
    def range(self) -> str:
        return f"{self.value[1]}-{self.value[2]}"

    @property
    def upper(self) -> int:
        return self.value[2]


@unique
class Outcome(Enum):
    ALLOWED = "allowed"
    DENIED = "denied"
    BROKEN = "broken"
    """Neither: something failed that is not a refusal, or what was allowed does not work."""


@dataclass(frozen=True, slots=True)
class Seen:
    outcome: Outcome
    milliseconds: float | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One cell: who, what, with what, what the matrix says, what happened."""

    subject: str
    operation: str
    resource: str
    expected: Outcome
    seen: Seen
    figure: Figure | None = None
    area: str = ""
    """Which column of the overview it belongs to."""

    @property
    def ok(self) -> bool:
        return self.seen.outcome is self.expected


def expected(allowed: bool) -> Outcome:
    return Outcome.ALLOWED if allowed else Outcome.DENIED
