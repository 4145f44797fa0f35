"""Series on which an alert fires, and series on which it must not, for every alert.

A series is written as promtool reads it: `1x20` is 1 and then 20 times the same, `0+5x20` grows by
5, `_x20` is not there. There is a value every half minute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from components.operations.telemetry.alerts.alert import Job, Watched
from policies.lifetime import Duration

WATCHED: Final = Watched(
    environment="prod",
    namespace="vault",
    job="vault-metrics",
    servers=3,
    runbooks="https://docs.example.com/runbooks",
    snapshots=Job("vault", "vault-snapshots", Duration.parse("6h")),
    rotations=(
        Job("shop", "rotation-jwt-key", Duration.parse("1d")),
        Job("vault", "rotation-root", Duration.parse("30d")),
    ),
)
PODS: Final = ("vault-0", "vault-1", "vault-2")
LEADER: Final = "vault-0"
SAMPLES: Final = 260
"""Of half a minute each: more than two hours."""
Series = Mapping[str, str]


def of(pod: str, name: str, labels: str = "") -> str:
    """A series as Prometheus keeps it, of one server."""
    more = f",{labels}" if labels else ""
    return f'{name}{{job="vault-metrics",namespace="vault",pod="{pod}"{more}}}'


def lead(name: str, labels: str = "") -> str:
    return of(LEADER, name, labels)


def certificate(name: str, label: str = "namespace") -> str:
    return f'certmanager_certificate_expiration_timestamp_seconds{{name="{name}",{label}="vault"}}'


def cron_job(what: str, namespace: str, name: str) -> str:
    return f'kube_cronjob_{what}{{namespace="{namespace}",cronjob="{name}"}}'


def volume(what: str, claim: str) -> str:
    labels = f'namespace="vault",persistentvolumeclaim="{claim}"'
    return f"kubelet_volume_stats_{what}_bytes{{{labels}}}"


def steady(value: float | str) -> str:
    return f"{value}x{SAMPLES}"


def _healthy() -> dict[str, str]:
    series = {}
    for pod in PODS:
        series[of(pod, "up")] = steady(1)
        series[of(pod, "vault_core_unsealed", 'cluster="c"')] = steady(1)
        series[of(pod, "vault_core_active", 'cluster="c"')] = steady(int(pod == LEADER))
        series[of(pod, "vault_core_leadership_lost_count")] = steady(0)
        series[of(pod, "vault_core_response_status_code", 'code="200",type="2xx"')] = (
            f"0+3000x{SAMPLES}"
        )
        restarts = "kube_pod_container_status_restarts_total"
        series[f'{restarts}{{namespace="vault",container="vault",pod="{pod}"}}'] = steady(1)
    for claim in (*(f"{kind}-{pod}" for kind in ("data", "audit") for pod in PODS), "data-shop-0"):
        series[volume("available", claim)] = steady(6 * 2**30)
        series[volume("capacity", claim)] = steady(10 * 2**30)
    for name, value in {
        "vault_autopilot_failure_tolerance": 1,
        "vault_autopilot_healthy": 1,
        "vault_expire_num_leases": 900,
        "vault_expire_num_irrevocable_leases": 0,
        "vault_token_count": 500,
        "vault_seal_unreachable_time": 0,
        "vault_audit_log_request_failure": 0,
        "vault_audit_log_response_failure": 0,
    }.items():
        series[lead(name)] = steady(value)
    series[lead("vault_core_handle_request", 'quantile="0.99"')] = steady(4)
    for name, milliseconds in {
        "core_handle_request": 1,
        "route_read_secret_": 1,
        "expire_renew_token": 2,
    }.items():
        series[lead(f"vault_{name}_sum")] = f"0+{3000 * milliseconds}x{SAMPLES}"
        series[lead(f"vault_{name}_count")] = f"0+3000x{SAMPLES}"
    for name, milliseconds in {"route_read_database_": 25, "pki_issue": 40}.items():
        series[lead(f"vault_{name}_sum")] = f"0+{3 * milliseconds}x{SAMPLES}"
        series[lead(f"vault_{name}_count")] = f"0+3x{SAMPLES}"
    for what in ("request", "response"):
        series[lead(f"vault_audit_log_{what}_count")] = f"0+3000x{SAMPLES}"
    series[lead("vault_audit_sink_success")] = f"0+12000x{SAMPLES}"
    for auth in ("kubernetes", "approle"):
        series[lead(f"vault_route_update_auth_{auth}__count")] = f"0+10x{SAMPLES}"
        series[lead("vault_token_creation", f'mount_point="auth/{auth}/"')] = f"0+10x{SAMPLES}"
    day = 24 * 3600
    series[certificate("vault-server")] = steady(60 * day)
    series[certificate("vault-metrics-client")] = steady(3 * day)
    series[certificate("vault-metrics-ca")] = steady(3000 * day)
    for namespace, name in (
        ("vault", "vault-snapshots"),
        ("shop", "rotation-jwt-key"),
        ("vault", "rotation-root"),
    ):
        series[cron_job("created", namespace, name)] = steady(0)
        series[cron_job("spec_suspend", namespace, name)] = steady(0)
        series[cron_job("status_last_schedule_time", namespace, name)] = steady(60)
        series[cron_job("status_last_successful_time", namespace, name)] = steady(90)
    return series


HEALTHY: Final[Series] = _healthy()
"""Two hours in which nothing is wrong: every alert must keep quiet over them."""


@dataclass(frozen=True, slots=True)
class Case:
    alert: str
    fires: bool
    why: str
    changed: Mapping[str, str | None] = field(default_factory=dict)
    """On top of `HEALTHY`; None: that series is not there."""
    at: str = "90m"
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the rule that is meant, where several have that name."""
    seconds: int = 30
    """Between two values, where more than two hours are needed; then nothing but `changed`."""

    @property
    def series(self) -> dict[str, str]:
        under = HEALTHY if self.seconds == 30 else {}
        return {name: text for name, text in {**under, **self.changed}.items() if text is not None}

    def __str__(self) -> str:
        return f"{self.alert}: {self.why}"


def fires(alert: str, why: str, changed: Mapping[str, str | None], **labels: str) -> Case:
    return Case(alert, True, why, changed, labels=labels)


def quiet(alert: str, why: str, changed: Mapping[str, str | None], **labels: str) -> Case:
    return Case(alert, False, why, changed, labels=labels)
