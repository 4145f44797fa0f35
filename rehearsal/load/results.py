"""What a whole measurement found: runs, grouped by what they are compared for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rehearsal.load.audit import Entries
from rehearsal.load.fortio import Run
from rehearsal.load.latency import Distribution
from rehearsal.proof.results import Figure

DEPLOYED = "as deployed"
DEFAULTS = "Vault's defaults"
NO_AUDIT = f"{DEPLOYED}, no audit"
NO_TLS = f"{DEFAULTS}, no TLS"

AIM_MS = 20.0
"""Which the decision record wants 99 % of the requests to be under, at 1,000 a second."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run and what the audit recorded of it; None where audit was off."""

    run: Run
    entries: Entries | None

    @property
    def recorded(self) -> bool:
        """Whether nothing is missing in the audit, where there was one."""
        return self.entries is None or self.entries.complete(self.run.sent)


@dataclass(frozen=True, slots=True)
class Series:
    """The same load on the same target, in every round."""

    name: str
    rounds: tuple[Measured, ...]

    @property
    def latency(self) -> Distribution:
        return Distribution.together(one.run.latency for one in self.rounds)

    @property
    def per_second(self) -> float:
        return sum(one.run.per_second for one in self.rounds) / len(self.rounds)


@dataclass(frozen=True, slots=True)
class Timed:
    """An operation on its own."""

    name: str
    figure: Figure | None
    measured: Measured

    @property
    def latency(self) -> Distribution:
        """From sending: nothing waits here, and the client's timer is up to 1 ms late, which is
        much beside an operation that takes one.
        """
        return self.measured.run.service


@dataclass(frozen=True, slots=True)
class Results:
    environment: str
    constant: tuple[Series, ...]
    """At the same rate; in the first round one after the other, then once more, and so on."""
    maxima: tuple[tuple[int, tuple[Series, ...]], ...]
    """Connections, and what each target gave at most."""
    operations: tuple[Timed, ...]

    def series(self, name: str) -> Series:
        (found,) = (one for one in self.constant if one.name == name)
        return found

    @property
    def all(self) -> Iterable[Measured]:
        for series in (*self.constant, *(one for _, several in self.maxima for one in several)):
            yield from series.rounds
        yield from (timed.measured for timed in self.operations)

    @property
    def failed(self) -> int:
        return sum(one.run.failed for one in self.all)

    @property
    def missed(self) -> int:
        """Of those planned at the constant rate that the clusters are compared at."""
        return sum(one.run.missed for series in self.constant for one in series.rounds)

    @property
    def unrecorded(self) -> int:
        """Runs with an entry too few or too many in the audit."""
        return sum(not one.recorded for one in self.all)
