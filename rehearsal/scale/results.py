"""What was measured, how it grew, and whether it is what was aimed at: values, and as JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any, Final


@unique
class Measure(StrEnum):
    """What is timed, each in a process of its own."""

    SETTINGS = "settings"
    """A stack's configuration, with a password for each database, to settings that fit the plan."""
    COMPILE = "compile"
    """The matrix to a plan."""
    RENDER = "render"
    """A plan to files."""
    REVIEW_NOTHING = "review, nothing changed"
    """Two commits' rendered files, read and compared. Not in it: getting them from git."""
    REVIEW_ONE = "review, one changed"
    REVIEW_ALL = "review, all changed"
    RULES = "difference of one policy's rules"
    """All of whose rules grant one thing more; so many rules rather than workloads."""
    GUARDRAILS = "guardrails"
    """The policy pack's rules, over all resources of the program."""
    PROGRAM = "program"
    """All of `__main__.py`, under a monitor that only records, and starting Python."""
    REHEARSAL = "rehearsal"
    """The same, under the monitor that makes everything on real servers, which run already."""

    @property
    def largest(self) -> int:
        """Beyond which nobody should wait for it."""
        return 1_000 if self in (Measure.RULES, Measure.REHEARSAL) else 10_000

    @property
    def counts(self) -> str:
        """What `found` is."""
        return _COUNTS[self]


_COUNTS: Final[Mapping[Measure, str]] = {
    Measure.SETTINGS: "databases with a password",
    Measure.COMPILE: "ACL policies",
    Measure.RENDER: "files",
    Measure.REVIEW_NOTHING: "workloads told of",
    Measure.REVIEW_ONE: "workloads told of",
    Measure.REVIEW_ALL: "workloads told of",
    Measure.RULES: "lines",
    Measure.GUARDRAILS: "resources",
    Measure.PROGRAM: "resources",
    Measure.REHEARSAL: "requests to Vault",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One case. `seconds` are the processor's, so that what else the computer does counts little;
    only the rehearsal's are the clock's, as Vault works in another process.
    """

    measure: Measure
    workloads: int
    seconds: float
    peak_mb: float
    """All the memory that the process ever had, the interpreter included."""
    found: int

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Measured:
        return cls(**{**values, "measure": Measure(values["measure"])})


@dataclass(frozen=True, slots=True)
class Aim:
    """Of the time that some measures take together, and perhaps of the memory that they need."""

    says: str
    measures: tuple[Measure, ...]
    workloads: int
    seconds: float
    mb: float | None = None


AIMS: Final = (
    Aim("evaluated", (Measure.PROGRAM,), 1_000, 10),
    Aim("reviewed where one changed", (Measure.REVIEW_ONE,), 1_000, 1),
    Aim("compiled and rendered", (Measure.COMPILE, Measure.RENDER), 10_000, 10, 1_024),
)


@dataclass(frozen=True, slots=True)
class Results:
    measured: tuple[Measured, ...]

    def find(self, measure: Measure, workloads: int) -> Measured | None:
        for one in self.measured:
            if (one.measure, one.workloads) == (measure, workloads):
                return one
        return None

    def of(self, measure: Measure) -> list[Measured]:
        """By size."""
        return sorted((one for one in self.measured if one.measure is measure), key=_workloads)

    @property
    def sizes(self) -> list[int]:
        return sorted({one.workloads for one in self.measured})

    def growth(self, one: Measured) -> float | None:
        """How many times as long as a tenth of the workloads takes; None where nobody knows."""
        tenth = self.find(one.measure, one.workloads // 10)
        return one.seconds / tenth.seconds if tenth and tenth.seconds else None

    def per_workload(self, one: Measured) -> float | None:
        """How many more were found for each workload more than in the case before; None for the
        first.
        """
        fewer = [other for other in self.of(one.measure) if other.workloads < one.workloads]
        if not fewer:
            return None
        return (one.found - fewer[-1].found) / (one.workloads - fewer[-1].workloads)

    def aims(self) -> list[str]:
        """A sentence for each aim whose cases were measured."""
        return [said for aim in AIMS if (said := self._aim(aim))]

    def _aim(self, aim: Aim) -> str:
        cases = [self.find(measure, aim.workloads) for measure in aim.measures]
        known = [case for case in cases if case]
        if len(known) < len(cases):
            return ""
        seconds, peak = sum(case.seconds for case in known), max(case.peak_mb for case in known)
        met = seconds < aim.seconds and (aim.mb is None or peak < aim.mb)
        memory = f" and {peak:,.0f} MB (aim: under {aim.mb:,.0f})" if aim.mb else ""
        return (
            f"{aim.workloads:,} workloads {aim.says}: {seconds:.2f} s (aim: under "
            f"{aim.seconds:g}){memory}: {'met' if met else 'missed'}"
        )

    def as_json(self) -> str:
        cases = [
            {
                **dataclasses.asdict(one),
                "counts": one.measure.counts,
                "growth": self.growth(one),
                "found_per_workload": self.per_workload(one),
            }
            for one in self.measured
        ]
        return json.dumps({"cases": cases, "aims": self.aims()}, indent=2) + "\n"


def median(runs: Sequence[Measured]) -> Measured:
    """The run of the median time, with the most memory that any had."""
    by_time = sorted(runs, key=lambda run: run.seconds)
    return dataclasses.replace(by_time[len(runs) // 2], peak_mb=max(run.peak_mb for run in runs))


def _workloads(one: Measured) -> int:
    return one.workloads
