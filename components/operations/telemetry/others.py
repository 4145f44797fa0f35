"""Every metric that a rule uses and Vault does not export: Prometheus' own of a target,
cert-manager's, kube-state-metrics' and kubelet's. Pure.

They are not in a rehearsal, where those programs do not run; their names are stable API of theirs.
"""

from __future__ import annotations

from typing import Final

from components.operations.telemetry.metric import Kind, Metric, Source, Unit

TARGET_LABELS: Final = (
    "container",
    "endpoint",
    "instance",
    "job",
    "namespace",
    "pod",
    "service",
)
"""What Prometheus adds to every series that it fetches by our ServiceMonitor."""
_KUBERNETES: Final = Source.KUBE_STATE_METRICS

UP: Final = Metric(
    "up",
    Kind.GAUGE,
    Unit.TRUTH,
    "the target answered when it was last asked",
    source=Source.PROMETHEUS,
)
CERTIFICATE_EXPIRY: Final = Metric(
    "certmanager_certificate_expiration_timestamp_seconds",
    Kind.GAUGE,
    Unit.TIMESTAMP,
    "when the certificate ends",
    ("exported_namespace", "name", "namespace"),
    source=Source.CERT_MANAGER,
)
CRON_JOB: Final = Metric(
    "kube_cronjob_created",
    Kind.GAUGE,
    Unit.TIMESTAMP,
    "when the CronJob was made",
    ("cronjob", "namespace"),
    source=_KUBERNETES,
)
CRON_JOB_SUSPENDED: Final = Metric(
    "kube_cronjob_spec_suspend",
    Kind.GAUGE,
    Unit.TRUTH,
    "somebody told that CronJob to make no jobs",
    ("cronjob", "namespace"),
    source=_KUBERNETES,
)
CRON_JOB_SUCCESS: Final = Metric(
    "kube_cronjob_status_last_successful_time",
    Kind.GAUGE,
    Unit.TIMESTAMP,
    "when a job of that CronJob last succeeded; not there before the first",
    ("cronjob", "namespace"),
    source=_KUBERNETES,
)
CRON_JOB_SCHEDULED: Final = Metric(
    "kube_cronjob_status_last_schedule_time",
    Kind.GAUGE,
    Unit.TIMESTAMP,
    "when that CronJob last made a job",
    ("cronjob", "namespace"),
    source=_KUBERNETES,
)
RESTARTS: Final = Metric(
    "kube_pod_container_status_restarts_total",
    Kind.COUNTER,
    Unit.COUNT,
    "restarts of that container",
    ("container", "namespace", "pod", "uid"),
    source=_KUBERNETES,
)
VOLUME_AVAILABLE, VOLUME_CAPACITY = (
    Metric(
        f"kubelet_volume_stats_{what}_bytes",
        Kind.GAUGE,
        Unit.BYTES,
        meaning,
        ("namespace", "persistentvolumeclaim"),
        source=Source.KUBELET,
    )
    for what, meaning in (
        ("available", "room left on the volume of that claim"),
        ("capacity", "the size of the volume of that claim"),
    )
)

OTHERS: Final[tuple[Metric, ...]] = tuple(
    value for value in dict(globals()).values() if isinstance(value, Metric)
)
"""All of the above."""
