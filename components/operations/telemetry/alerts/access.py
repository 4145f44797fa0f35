"""Who is refused, and what grows: logins, denied requests, limits, audit, tokens and leases."""

from __future__ import annotations

from typing import Final

from components.operations.telemetry import metrics
from components.operations.telemetry.alerts.alert import Alert, Expression, Severity, Watched
from components.operations.telemetry.alerts.promql import by_pod, events, of_leader, select
from components.operations.telemetry.metric import Metric
from policies.lifetime import Duration
from policies.paths import APPROLE_AUTH, CI_AUTH, KUBERNETES_AUTH, PROVISIONER_AUTH

_TEN: Final = Duration.parse("10m")
_QUARTER: Final = Duration.parse("15m")
_HOUR: Final = Duration.parse("1h")
_FAILED_LOGINS: Final = 20  # within ten minutes
# Where `pulumi up` logs in it also writes roles and secret IDs, up to twenty in one run, which give
# no token either.
_FAILED_PROVISIONING: Final = 30  # within ten minutes
_REFUSED: Final = 10  # within ten minutes
_DENIED_PER_SECOND: Final = 0.2
# Below it, a deployment of something new is growth enough to be told of nightly.
_MANY: Final = 1000


def _failed_logins(auth: str, metric: Metric, allowed: int) -> Expression:
    """Vault counts no failed logins: these are those that made no token. Where nobody logs in for
    long, the first to try begin the metric, and they count.
    """

    def expression(watched: Watched) -> str:
        count = select(metric, watched, "_count")
        tried = f"sum({events(count, '10m') if metric.after else f'increase({count}[10m])'})"
        tokens = select(metrics.TOKENS_CREATED, watched, mount_point=f"auth/{auth}/")
        made = f"(sum({events(tokens, '10m')}) or vector(0))"
        return f"{tried} - {made} > {allowed}"

    return expression


def _any(metric: Metric, window: str) -> Expression:
    return lambda watched: f"sum({events(select(metric, watched), window)}) > 0"


def _fewer_take_entries(watched: Watched) -> str:
    """Of the devices that there should be. Without any Vault goes on, and does not even count what
    it would have written: then there are requests and no entries.
    """

    def rate(metric: Metric, part: str = "_count") -> str:
        return f"sum(rate({select(metric, watched, part)}[10m]))"

    entries = f"({rate(metrics.AUDIT_REQUESTS)} + {rate(metrics.AUDIT_RESPONSES)})"
    taken = f"({rate(metrics.AUDIT_TAKEN, '')} or vector(0))"
    # A summary's series may be there or not, where nothing was written for long.
    none = f"0 * ({rate(metrics.REQUESTS)} > 0) unless on () {entries} > 0"
    return f"{taken} / ({entries} > 0) < {watched.audit_devices - 0.5} or {none}"


def _grows(metric: Metric) -> Expression:
    """Twice as many as a day before. Of who led then and who leads now, so not by server."""

    def expression(watched: Watched) -> str:
        series = select(metric, watched)
        now, before = (f"max(sum by (pod) ({one}))" for one in (series, f"{series} offset 1d"))
        return f"{now} > 2 * {before} and {now} > {_MANY}"

    return expression


ALERTS: Final = (
    *(
        Alert(
            "VaultFailedLogins",
            Severity.WARNING,
            None,
            f"{{{{ $value | humanize }}}} logins by {auth} failed within ten minutes",
            "Somebody tries what is not theirs, or a workload's role and its pods disagree.",
            (metric, metrics.TOKENS_CREATED),
            _failed_logins(auth, metric, allowed),
            labels={"auth_method": auth},
        )
        for auth, metric, allowed in (
            (KUBERNETES_AUTH, metrics.LOGINS_KUBERNETES, _FAILED_LOGINS),
            (APPROLE_AUTH, metrics.LOGINS_APPROLE, _FAILED_LOGINS),
            (PROVISIONER_AUTH, metrics.LOGINS_PROVISIONER, _FAILED_PROVISIONING),
            (CI_AUTH, metrics.LOGINS_CI, _FAILED_PROVISIONING),
        )
    ),
    Alert(
        "VaultDeniedRequests",
        Severity.WARNING,
        _TEN,
        "Vault denies {{ $value | humanize }} requests a second",
        "A workload asks for what the access matrix does not grant it, or with a token that is no "
        "more.",
        (metrics.RESPONSES,),
        lambda watched: (
            f"sum(rate({select(metrics.RESPONSES, watched, code='403')}[10m]))"
            f" > {_DENIED_PER_SECOND}"
        ),
    ),
    Alert(
        "VaultRootTokenMade",
        Severity.CRITICAL,
        None,
        "A root token was made",
        "It may do everything. There is one for a moment at the first `pulumi up`, and in an "
        "emergency that somebody knows of.",
        (metrics.ROOT_TOKENS_CREATED,),
        _any(metrics.ROOT_TOKENS_CREATED, "15m"),
    ),
    Alert(
        "VaultQuotaRejections",
        Severity.WARNING,
        None,
        "The rate limit {{ $labels.name }} refused {{ $value | humanize }} requests within ten "
        "minutes",
        "A client asks more often than rateLimit allows; it is told to wait.",
        (metrics.QUOTA_VIOLATIONS,),
        lambda watched: (
            f"sum by (name) ({events(select(metrics.QUOTA_VIOLATIONS, watched), '10m')})"
            f" > {_REFUSED}"
        ),
    ),
    *(
        Alert(
            "VaultAuditFailures",
            Severity.CRITICAL,
            None,
            f"{{{{ $value | humanize }}}} {what} could not be audited within ten minutes",
            "No audit device took them, so Vault refuses: it answers nothing that nobody recorded.",
            (metric,),
            _any(metric, "10m"),
            labels={"of": what},
        )
        for what, metric in (
            ("requests", metrics.AUDIT_REQUEST_FAILURES),
            ("answers", metrics.AUDIT_RESPONSE_FAILURES),
        )
    ),
    Alert(
        "VaultAuditIncomplete",
        Severity.CRITICAL,
        _TEN,
        "Of Vault's audit devices {{ $value | humanize }} take entries",
        "One fails, which Vault bears while another works, or somebody ended it. With none left "
        "Vault goes on, and nobody writes down who does what.",
        (
            metrics.AUDIT_TAKEN,
            metrics.AUDIT_REQUESTS,
            metrics.AUDIT_RESPONSES,
            metrics.REQUESTS,
        ),
        _fewer_take_entries,
    ),
    Alert(
        "VaultLeaseGrowth",
        Severity.WARNING,
        _HOUR,
        "Vault has {{ $value | humanize }} leases, more than twice as many as a day ago",
        "Each is kept in storage and revoked one by one; a client that asks again instead of "
        "renewing makes them without end.",
        (metrics.LEASES,),
        _grows(metrics.LEASES),
    ),
    Alert(
        "VaultTokenGrowth",
        Severity.WARNING,
        _HOUR,
        "Vault has {{ $value | humanize }} tokens, more than twice as many as a day ago",
        "A client that logs in for each request makes them without end.",
        (metrics.TOKENS,),
        _grows(metrics.TOKENS),
    ),
    Alert(
        "VaultIrrevocableLeases",
        Severity.WARNING,
        _QUARTER,
        "{{ $value }} leases could not be revoked",
        "Vault gave up on them: what was issued may still be good.",
        (metrics.IRREVOCABLE_LEASES, metrics.LEADS),
        lambda watched: (
            f"{of_leader(by_pod(select(metrics.IRREVOCABLE_LEASES, watched)), watched)} > 0"
        ),
    ),
)
