"""The whole measurement: which load on which cluster, in which order.

Targets take turns, round after round, so that a machine that gets slower or faster meanwhile does
so for all of them. Nothing is a test here: whoever reads the figures judges them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from policies.environments import Environment
from rehearsal.binaries import Binary, Tool
from rehearsal.load import clusters, targets
from rehearsal.load.fortio import Fortio, Pace, Request
from rehearsal.load.operations import Applications, Operation
from rehearsal.load.results import (
    DEFAULTS,
    DEPLOYED,
    NO_AUDIT,
    NO_TLS,
    Measured,
    Results,
    Series,
    Timed,
)
from rehearsal.load.targets import Target
from rehearsal.stand_up import stand_up
from rehearsal.supervisor import Supervisor

Progress = Callable[[str], None]

# Each connection then has 32 ms for an answer before the next request of its own has to wait, which
# is more than nearly all take: as it is with many clients that know nothing of one another.
_CONNECTIONS = 32
MANY = (1, 4, 16, 64)
_ALONE = 4
_LEAST = 100
"""Requests of a run at the constant rate: of fewer, P99 is but the slowest."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long is measured, and how often."""

    seconds: float
    per_second: float
    rounds: int = 2

    def __post_init__(self) -> None:
        enough = _LEAST <= self.seconds * self.per_second < math.inf
        if self.rounds < 1 or self.seconds <= 0 or not enough:
            raise ValueError(
                f"{self.rounds} rounds of {self.seconds:g} s at {self.per_second:g} requests a "
                f"second: must be at least one round of at least {_LEAST} requests; take more of "
                "what is too little"
            )

    @property
    def warm_up(self) -> Pace:
        return self._pace(self.seconds / 12, self.per_second)

    @property
    def constant(self) -> Pace:
        return self._pace(self.seconds, self.per_second)

    @property
    def costs(self) -> Pace:
        """For what is compared besides."""
        return self._pace(self.seconds / 2, self.per_second)

    def maximum(self, connections: int) -> Pace:
        return Pace(connections, self.seconds / 12, None)

    def alone(self, operation: Operation) -> Pace:
        seconds = max(self.seconds / 3, 2 * _ALONE / operation.per_second)
        return Pace(_ALONE, seconds, operation.per_second)

    def _pace(self, seconds: float, per_second: float) -> Pace:
        return Pace(min(_CONNECTIONS, int(seconds * per_second / 2)), seconds, per_second)


@dataclass(frozen=True, slots=True)
class Load:
    """One of those that take turns."""

    name: str
    target: Target
    pace: Pace
    audit: bool = True


@dataclass(frozen=True, slots=True)
class Meter:
    """Puts load on a target and looks after what the audit recorded of it."""

    fortio: Fortio
    progress: Progress

    def measure(self, load: Load, request: Request | None = None) -> Measured:
        """`request`: by default the one that the clusters are compared by."""
        request = request or load.target.reads
        device = load.target.audit
        device.switch(load.audit)
        device.empty()
        run = self.fortio.run(request, load.pace)
        measured = Measured(run, device.entries(request.path) if load.audit else None)
        device.empty()
        self.progress(f"{load.name}: {_line(measured)}")
        return measured

    def take_turns(self, loads: Sequence[Load], rounds: int) -> tuple[Series, ...]:
        found = [[self.measure(load) for load in loads] for _ in range(rounds)]
        return tuple(
            Series(load.name, several)
            for load, several in zip(loads, zip(*found, strict=True), strict=True)
        )


def _line(measured: Measured) -> str:
    run = measured.run
    rate = f"{run.per_second:,.0f}/s on {run.pace.connections} connections"
    figures = f"P50 {run.latency.percentile(50):.1f} ms, P99 {run.latency.percentile(99):.1f} ms"
    wrong = f", {run.failed} failed" if run.failed else ""
    missing = "" if measured.recorded else f", but the audit has {measured.entries}"
    return f"{rate}: {figures}{wrong}{missing}"


def bench(
    supervisor: Supervisor,
    binaries: dict[Tool, Binary],
    environment: Environment,
    schedule: Schedule,
    progress: Progress,
) -> Results:
    """Stand both clusters up and measure. Raises `RehearsalError`."""
    with ThreadPoolExecutor() as pool:
        vault = binaries[Tool.VAULT].path
        starting = pool.submit(clusters.start_with_defaults, supervisor, vault, progress)
        stood = stand_up(supervisor, binaries, environment, progress)
        plain = starting.result()
    defaults = targets.with_defaults(supervisor, plain, stood.plan)
    meter = Meter(Fortio(supervisor, binaries[Tool.FORTIO].path), progress)
    with targets.deployed(stood) as deployed:
        without_tls = defaults.at(plain.address_without_tls)
        for target in (deployed, defaults, without_tls):
            meter.measure(Load(f"{target.name}, warming up", target, schedule.warm_up))
        constant = meter.take_turns(
            (
                Load(DEPLOYED, deployed, schedule.constant),
                Load(NO_AUDIT, deployed, schedule.costs, audit=False),
                Load(DEFAULTS, defaults, schedule.constant),
                Load(NO_TLS, without_tls, schedule.costs),
            ),
            schedule.rounds,
        )
        maxima = tuple(
            (
                connections,
                meter.take_turns(
                    (
                        Load(DEPLOYED, deployed, schedule.maximum(connections)),
                        Load(DEFAULTS, defaults, schedule.maximum(connections)),
                    ),
                    schedule.rounds,
                ),
            )
            for connections in MANY
        )
        operations = tuple(
            Timed(
                operation.name,
                operation.figure,
                meter.measure(
                    Load(operation.name, deployed, schedule.alone(operation)), operation.request
                ),
            )
            for operation in Applications(stood, deployed).operations()
        )
        for target in (deployed, defaults):
            target.require_leading()
    return Results(environment.value, constant, maxima, operations)
