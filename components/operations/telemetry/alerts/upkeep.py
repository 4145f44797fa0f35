"""Whether what must happen by itself happens: certificates, snapshots, rotations. From what other
programs export, with the labels that their usual installations give.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from components.cluster import layout as names
from components.operations.telemetry import others
from components.operations.telemetry.alerts.alert import Alert, Expression, Job, Severity, Watched
from components.operations.telemetry.alerts.promql import selector
from components.operations.telemetry.metric import Metric
from policies.lifetime import Duration

_QUARTER: Final = Duration.parse("15m")
_HOUR: Final = Duration.parse("1h")
_MISSED: Final = 2
"""Intervals without success: one run may fail, or be late, and the next mends it."""
SERVER_CERTIFICATE: Final = "vault-server"
# Certificate, severity, and how long before its end. Each is renewed long before: the servers' 30
# days, Prometheus' own two days, its authority's a year.
_EXPIRES: Final = (
    (SERVER_CERTIFICATE, Severity.WARNING, Duration.parse("20d")),
    (SERVER_CERTIFICATE, Severity.CRITICAL, Duration.parse("5d")),
    (names.METRICS_CLIENT_SECRET, Severity.WARNING, Duration.parse("36h")),
    (names.METRICS_CA_SECRET, Severity.WARNING, Duration.parse("300d")),
)


def _ends_within(certificate: str, before: Duration) -> Expression:
    """cert-manager's own namespace stands in `namespace`, unless its labels are honoured."""

    def expression(watched: Watched) -> str:
        series = " or ".join(
            selector(
                others.CERTIFICATE_EXPIRY.name, {"name": certificate, label: watched.namespace}
            )
            for label in ("namespace", "exported_namespace")
        )
        return f"min({series}) - time() < {before.seconds}"

    return expression


def _issued(certificate: str) -> Callable[[Watched], bool]:
    """The servers' own may come from elsewhere, and then nobody exports when it ends."""
    return lambda watched: watched.issued or certificate != SERVER_CERTIFICATE


def _of_job(metric: Metric, job: Job) -> str:
    return selector(metric.name, {"namespace": job.namespace, "cronjob": job.name})


def _snapshot_old(watched: Watched) -> str:
    job = watched.snapshots
    if job is None:
        raise ValueError("no snapshots are taken; there is nothing to ask for their age")
    made, succeeded = (
        _of_job(metric, job) for metric in (others.CRON_JOB, others.CRON_JOB_SUCCESS)
    )
    # Before the first one there is no such metric: then it counts from when the job was made.
    age = f"time() - max({succeeded} or {made})"
    return f"{age} > {watched.snapshot_age.seconds} or absent({made})"


def _unfinished(watched: Watched) -> str:
    """Scheduled an hour ago or earlier, and not successful since."""
    return " or ".join(_one_unfinished(job) for job in watched.rotations)


def _one_unfinished(job: Job) -> str:
    # Of an hour ago, so that the next one, which has begun, does not hide that this one failed. Who
    # exported it then may not be who does now.
    scheduled, succeeded = (
        f"max by (namespace, cronjob) ({_of_job(metric, job)}{when})"
        for metric, when in (
            (others.CRON_JOB_SCHEDULED, f" offset {_HOUR}"),
            (others.CRON_JOB_SUCCESS, ""),
        )
    )
    return f"({scheduled} unless {succeeded} >= {scheduled})"


def _suspended(watched: Watched) -> str:
    return " or ".join(
        f"max by (namespace, cronjob) ({_of_job(others.CRON_JOB_SUSPENDED, job)}) == 1"
        for job in watched.jobs
    )


def _overdue(watched: Watched) -> str:
    """Also where no run ever began, or the CronJob itself is gone."""
    return " or ".join(_one_overdue(job) for job in watched.jobs)


def _one_overdue(job: Job) -> str:
    made, succeeded = (
        _of_job(metric, job) for metric in (others.CRON_JOB, others.CRON_JOB_SUCCESS)
    )
    # Before the first success there is no such metric: then it counts from when the job was made.
    age = f"time() - max by (namespace, cronjob) ({succeeded} or {made})"
    return f"({age} > {_MISSED * job.interval.seconds} or absent({made}))"


ALERTS: Final = (
    *(
        Alert(
            "VaultCertificateExpires",
            severity,
            _HOUR,
            f"The certificate {certificate} ends in {{{{ $value | humanizeDuration }}}}",
            "cert-manager should have renewed it long ago.",
            (others.CERTIFICATE_EXPIRY,),
            _ends_within(certificate, before),
            _issued(certificate),
            {"certificate": certificate},
        )
        for certificate, severity, before in _EXPIRES
    ),
    Alert(
        "VaultSnapshotOld",
        Severity.CRITICAL,
        _QUARTER,
        "No snapshot of Vault was stored for {{ $value | humanizeDuration }}",
        "What was written since the last one would be lost with the servers' disks.",
        (others.CRON_JOB, others.CRON_JOB_SUCCESS),
        _snapshot_old,
        lambda watched: watched.snapshots is not None,
    ),
    Alert(
        "VaultRotationUnfinished",
        Severity.WARNING,
        _QUARTER,
        "The rotation {{ $labels.cronjob }} in {{ $labels.namespace }} has not ended well",
        "A secret is older than the access matrix says, or was changed in one place and not yet in "
        "the other.",
        (others.CRON_JOB_SCHEDULED, others.CRON_JOB_SUCCESS),
        _unfinished,
        lambda watched: bool(watched.rotations),
    ),
    Alert(
        "VaultJobSuspended",
        Severity.WARNING,
        _HOUR,
        "The CronJob {{ $labels.cronjob }} in {{ $labels.namespace }} is suspended",
        "No snapshot is taken or no secret rotated by it until somebody lets it run again; it "
        "fails at nothing, so nothing else tells.",
        (others.CRON_JOB_SUSPENDED,),
        _suspended,
        lambda watched: bool(watched.jobs),
    ),
    Alert(
        "VaultJobOverdue",
        Severity.WARNING,
        _HOUR,
        "The CronJob {{ $labels.cronjob }} in {{ $labels.namespace }} has not succeeded for two of "
        "its intervals, or is gone",
        "It was never started, is suspended, fails each time, or somebody deleted it.",
        (others.CRON_JOB, others.CRON_JOB_SUCCESS),
        _overdue,
        lambda watched: bool(watched.jobs),
    ),
)
