"""Results that nobody measured."""

from __future__ import annotations

from rehearsal.load.audit import Entries
from rehearsal.load.fortio import Pace, Run
from rehearsal.load.latency import Distribution
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
from rehearsal.proof.results import Figure

PACE = Pace(connections=10, seconds=10, per_second=100)


def latencies(slowest_ms: float, number: int = PACE.planned) -> Distribution:
    """From nearly nothing to the slowest, evenly."""
    return Distribution.of_seconds(slowest_ms / 1000 * (i + 1) / number for i in range(number))


def measured(
    slowest_ms: float,
    *,
    pace: Pace = PACE,
    number: int = PACE.planned,
    lost: int = 0,
    audit: bool = True,
    codes: dict[int, int] | None = None,
) -> Measured:
    latency = latencies(slowest_ms, number)
    run = Run(pace, codes or {200: number}, 99.0, latency, latency, 0.0)
    return Measured(run, Entries(run.sent, run.sent - lost, 3) if audit else None)


def series(name: str, *slowest_ms: float, audit: bool = True) -> Series:
    return Series(name, tuple(measured(slowest, audit=audit) for slowest in slowest_ms))


def results(deployed: Series | None = None) -> Results:
    without_end = Pace(4, 1, None)
    return Results(
        "staging",
        (
            deployed or series(DEPLOYED, 10, 12),
            series(NO_AUDIT, 5, 8, audit=False),
            series(DEFAULTS, 40, 24),
            series(NO_TLS, 20, 24),
        ),
        (
            (
                4,
                (
                    Series(DEPLOYED, (measured(5, pace=without_end),)),
                    Series(DEFAULTS, (measured(6, pace=without_end),)),
                ),
            ),
        ),
        (
            Timed("certificate, EC P-256", Figure.CERTIFICATE, measured(20)),
            Timed("certificate, RSA 2048", Figure.CERTIFICATE, measured(150)),
            Timed("AppRole login", None, measured(9)),
        ),
    )
