"""Whether the servers live, are unsealed, led, and could lose one more."""

from __future__ import annotations

from typing import Final

from components.operations.telemetry import metrics, others
from components.operations.telemetry.alerts.alert import Alert, Expression, Severity, Watched
from components.operations.telemetry.alerts.promql import (
    by_pod,
    events,
    of_each,
    of_leader,
    select,
)
from components.operations.telemetry.metric import Metric
from policies.lifetime import Duration

_MINUTE: Final = Duration.parse("1m")
_TWO: Final = Duration.parse("2m")
_FIVE: Final = Duration.parse("5m")
# Within an hour. `increase` makes a little more of two than two, and of three than three.
_CHANGES: Final = 2.5
_RESTARTS: Final = 3.5
# Of a volume. The audit file's rotation leaves twice as much.
_ROOM_LEFT: Final = 0.1


def _raft(watched: Watched) -> bool:
    return watched.raft


def _answering(watched: Watched) -> str:
    return f"(count({select(others.UP, watched)} == 1) or vector(0))"


def _sealed(watched: Watched) -> str:
    unsealed = of_each(metrics.UNSEALED, watched)
    up = by_pod(select(others.UP, watched))
    # A server that has been sealed for long, or has been since it started, shows no such metric.
    return f"{unsealed} == 0 or ({up} == 1 unless on (namespace, pod) {unsealed})"


def _no_leader(watched: Watched) -> str:
    leads = f"(max({select(metrics.LEADS, watched)}) or vector(0))"
    # Where no server answers at all, nothing is known of leaders.
    return f"{leads} < 1 and on () {_answering(watched)} > 0"


def _volume_fills(watched: Watched) -> str:
    claims = f'namespace="{watched.namespace}",persistentvolumeclaim=~"(data|audit)-vault-[0-9]+"'
    left = " / ".join(
        f"{metric.name}{{{claims}}}" for metric in (others.VOLUME_AVAILABLE, others.VOLUME_CAPACITY)
    )
    return f"min by (namespace, persistentvolumeclaim) ({left}) < {_ROOM_LEFT}"


def _kms(watched: Watched) -> bool:
    return watched.kms


def _kms_silent(watched: Watched) -> str:
    return f"{of_leader(by_pod(select(metrics.SEAL_UNREACHABLE, watched)), watched)} > 0"


def _kms_refused(metric: Metric) -> Expression:
    return lambda watched: f"{events(select(metric, watched), '10m')} > 0"


ALERTS: Final = (
    Alert(
        "VaultUnwatched",
        Severity.CRITICAL,
        _FIVE,
        "No Vault server answers Prometheus",
        "Either none runs, or Prometheus may not ask: nothing below is known.",
        (others.UP,),
        lambda watched: f"{_answering(watched)} == 0",
    ),
    Alert(
        "VaultServerDown",
        Severity.WARNING,
        _FIVE,
        "Only {{ $value }} Vault servers answer Prometheus",
        "A server does not run, or cannot be reached.",
        (others.UP,),
        lambda watched: f"{_answering(watched)} < {watched.servers} > 0",
    ),
    Alert(
        "VaultSealed",
        Severity.CRITICAL,
        _TWO,
        "{{ $labels.pod }} is sealed",
        "A sealed server answers nothing and votes for nobody.",
        (metrics.UNSEALED, others.UP),
        _sealed,
    ),
    Alert(
        "VaultNoLeader",
        Severity.CRITICAL,
        _MINUTE,
        "No Vault server leads",
        "Vault answers no request: too few servers vote, or none is unsealed.",
        (metrics.LEADS, others.UP),
        _no_leader,
    ),
    Alert(
        "VaultQuorumMarginLost",
        Severity.CRITICAL,
        _FIVE,
        "Vault loses its quorum with the next server that fails",
        "The leader counts no healthy voter that could be spared.",
        (metrics.FAILURE_TOLERANCE, metrics.LEADS),
        lambda watched: (
            f"{of_leader(by_pod(select(metrics.FAILURE_TOLERANCE, watched)), watched)} < 1"
        ),
        _raft,
    ),
    Alert(
        "VaultAutopilotUnhealthy",
        Severity.WARNING,
        _FIVE,
        "Raft's autopilot finds a Vault server unhealthy",
        "A server lags behind, or the leader has not heard from it.",
        (metrics.AUTOPILOT_HEALTHY, metrics.LEADS),
        lambda watched: (
            f"{of_leader(by_pod(select(metrics.AUTOPILOT_HEALTHY, watched)), watched)} == 0"
        ),
        _raft,
    ),
    Alert(
        "VaultLeaderUnsteady",
        Severity.WARNING,
        None,
        "Vault's leader changed {{ $value | humanize }} times within an hour",
        "Each change stops all requests for up to two seconds.",
        (metrics.LEADERSHIP_LOST,),
        lambda watched: (
            f"sum(increase({select(metrics.LEADERSHIP_LOST, watched, '_count')}[1h])) > {_CHANGES}"
        ),
        _raft,
    ),
    Alert(
        "VaultRestartsOften",
        Severity.WARNING,
        None,
        "{{ $labels.pod }} restarted {{ $value | humanize }} times within an hour",
        "The server ends, is killed for its memory, or fails its health check, again and again.",
        (others.RESTARTS,),
        lambda watched: (
            "sum by (namespace, pod) (increase("
            f'{others.RESTARTS.name}{{namespace="{watched.namespace}",container="vault",'
            f'pod=~"vault-[0-9]+"}}[1h])) > {_RESTARTS}'
        ),
    ),
    Alert(
        "VaultVolumeFills",
        Severity.CRITICAL,
        _FIVE,
        "The volume {{ $labels.persistentvolumeclaim }} has {{ $value | humanizePercentage }} left",
        "A server whose data volume is full ends. A full audit volume takes no entries, and makes "
        "no room by itself: what is in the newest old file, nobody deletes.",
        (others.VOLUME_AVAILABLE, others.VOLUME_CAPACITY),
        _volume_fills,
    ),
    Alert(
        "VaultKmsErrors",
        Severity.CRITICAL,
        _FIVE,
        "The seal's KMS has not answered Vault for {{ $value }} ms",
        "Unsealed servers go on. One that restarts stays sealed.",
        (metrics.SEAL_UNREACHABLE, metrics.LEADS),
        _kms_silent,
        _kms,
        {"operation": "health check"},
    ),
    *(
        Alert(
            "VaultKmsErrors",
            Severity.CRITICAL,
            None,
            "{{ $labels.pod }}: the seal's KMS refused",
            "Unsealed servers go on. One that restarts stays sealed.",
            (metric,),
            _kms_refused(metric),
            _kms,
            {"operation": operation},
        )
        for operation, metric in (
            ("encrypt", metrics.SEAL_ENCRYPT_ERRORS),
            ("decrypt", metrics.SEAL_DECRYPT_ERRORS),
        )
    ),
)
