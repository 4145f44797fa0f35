"""Whether Vault is as fast as the decision record wants it, and answers at all."""

from __future__ import annotations

from typing import Final

from components.operations.telemetry import metrics
from components.operations.telemetry.alerts.alert import Alert, Expression, Severity, Watched
from components.operations.telemetry.alerts.promql import mean, select
from components.operations.telemetry.targets import (
    P99_MILLISECONDS,
    SLOW_BY_NATURE,
    TARGETS,
    Target,
)
from policies.lifetime import Duration

_TEN: Final = Duration.parse("10m")
_WINDOW: Final = "10m"
# Of fewer, the slowest is not the slowest of a hundred but the only one.
_ENOUGH_PER_SECOND: Final = 1
_SLOW_SHARE: Final = 0.01


def _rate(series: str) -> str:
    return f"sum(rate({series}[{_WINDOW}]))"


def _slow(watched: Watched) -> str:
    """Vault's quantile is over its last ten seconds, and NaN where nothing was asked then. It is of
    all requests: where more than one in a hundred waits for a database, it is theirs.
    """
    p99 = select(metrics.REQUESTS, watched, quantile="0.99")
    requests = _rate(select(metrics.REQUESTS, watched, "_count"))
    slow = " + ".join(
        f"({_rate(select(metric, watched, '_count'))} or vector(0))" for metric in SLOW_BY_NATURE
    )
    return (
        f"max(avg_over_time(({p99} >= 0)[{_WINDOW}:30s])) > {P99_MILLISECONDS}"
        f" and on () {requests} > {_ENOUGH_PER_SECOND}"
        f" and on () ({slow}) / {requests} < {_SLOW_SHARE}"
    )


def _errors(watched: Watched) -> str:
    # 501 and 503 are what a health check is told of a server that is new or sealed.
    failed = _rate(select(metrics.RESPONSES, watched, code="~500|502"))
    return f"{failed} / {_rate(select(metrics.RESPONSES, watched))} > 0.01"


def _above(target: Target) -> Expression:
    return lambda watched: f"{mean(target.metric, watched, _WINDOW)} > {target.milliseconds}"


ALERTS: Final = (
    Alert(
        "VaultSlowRequests",
        Severity.WARNING,
        _TEN,
        "One request in a hundred takes Vault {{ $value | humanize }} ms",
        f"The target is {P99_MILLISECONDS} ms for what waits for no other system.",
        (metrics.REQUESTS, *SLOW_BY_NATURE),
        _slow,
    ),
    *(
        Alert(
            "VaultSlowOperation",
            Severity.WARNING,
            _TEN,
            f"Vault: {target.operation} takes {{{{ $value | humanize }}}} ms",
            f"Slower on average than its target, which is {target.milliseconds} ms.",
            (target.metric,),
            _above(target),
            labels={"operation": target.operation},
        )
        for target in TARGETS
    ),
    Alert(
        "VaultServerErrors",
        Severity.WARNING,
        _TEN,
        "Vault fails at {{ $value | humanizePercentage }} of what it is asked",
        "It answers with status 500 or 502: storage, audit devices or an engine's backend fail.",
        (metrics.RESPONSES,),
        _errors,
    ),
)
