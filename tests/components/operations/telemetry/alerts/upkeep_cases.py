"""Series for the alerts on what must happen by itself."""

from __future__ import annotations

from typing import Final

from tests.components.operations.telemetry.alerts.cases import (
    SAMPLES,
    Case,
    certificate,
    cron_job,
    fires,
    quiet,
    steady,
)

# At the moment that is looked at, 90 minutes have passed since 1970.
NOW: Final = 90 * 60
HOUR: Final = 3600
DAY: Final = 24 * HOUR
SNAPSHOTS: Final = ("vault", "vault-snapshots")
ROTATION: Final = ("shop", "rotation-jwt-key")


def _ends(name: str, seconds: int) -> dict[str, str | None]:
    return {certificate(name): steady(NOW + seconds)}


CASES: Final[tuple[Case, ...]] = (
    fires(
        "VaultCertificateExpires",
        "ten days left",
        _ends("vault-server", 10 * DAY),
        certificate="vault-server",
        severity="warning",
    ),
    quiet(
        "VaultCertificateExpires",
        "25 days left",
        _ends("vault-server", 25 * DAY),
        certificate="vault-server",
        severity="warning",
    ),
    fires(
        "VaultCertificateExpires",
        "four days left",
        _ends("vault-server", 4 * DAY),
        certificate="vault-server",
        severity="critical",
    ),
    fires(
        "VaultCertificateExpires",
        "as cert-manager's chart labels it",
        {
            certificate("vault-server"): None,
            certificate("vault-server", "exported_namespace"): steady(4 * DAY),
        },
        certificate="vault-server",
        severity="critical",
    ),
    quiet(
        "VaultCertificateExpires",
        "ten days left, nobody gets up",
        _ends("vault-server", 10 * DAY),
        certificate="vault-server",
        severity="critical",
    ),
    fires(
        "VaultCertificateExpires",
        "a day left",
        _ends("vault-metrics-client", DAY),
        certificate="vault-metrics-client",
    ),
    quiet(
        "VaultCertificateExpires",
        "due for its renewal",
        _ends("vault-metrics-client", 47 * HOUR),
        certificate="vault-metrics-client",
    ),
    fires(
        "VaultCertificateExpires",
        "half a year left",
        _ends("vault-metrics-ca", 180 * DAY),
        certificate="vault-metrics-ca",
    ),
    quiet(
        "VaultCertificateExpires",
        "eleven months left",
        _ends("vault-metrics-ca", 330 * DAY),
        certificate="vault-metrics-ca",
    ),
    fires(
        "VaultSnapshotOld",
        "the last one is of the day before",
        {cron_job("status_last_successful_time", *SNAPSHOTS): steady(NOW - 27 * HOUR)},
    ),
    fires(
        "VaultSnapshotOld",
        "there was never one",
        {
            cron_job("created", *SNAPSHOTS): steady(NOW - 27 * HOUR),
            cron_job("status_last_successful_time", *SNAPSHOTS): None,
        },
    ),
    fires(
        "VaultSnapshotOld",
        "nobody takes any",
        {
            cron_job("created", *SNAPSHOTS): None,
            cron_job("status_last_successful_time", *SNAPSHOTS): None,
        },
    ),
    quiet(
        "VaultSnapshotOld",
        "the first one is not due yet",
        {
            cron_job("created", *SNAPSHOTS): steady(NOW - HOUR),
            cron_job("status_last_successful_time", *SNAPSHOTS): None,
        },
    ),
    quiet(
        "VaultSnapshotOld",
        "the last one is of a day ago",
        {
            cron_job("created", *SNAPSHOTS): steady(NOW - 90 * DAY),
            cron_job("status_last_successful_time", *SNAPSHOTS): steady(NOW - DAY),
        },
    ),
    fires(
        "VaultRotationUnfinished",
        "it never ended well",
        {
            cron_job("status_last_schedule_time", *ROTATION): steady(30),
            cron_job("status_last_successful_time", *ROTATION): None,
        },
        cronjob="rotation-jwt-key",
    ),
    fires(
        "VaultRotationUnfinished",
        "only the one before did",
        {
            cron_job("status_last_schedule_time", *ROTATION): steady(30),
            cron_job("status_last_successful_time", *ROTATION): steady(-DAY),
        },
        cronjob="rotation-jwt-key",
    ),
    quiet(
        "VaultRotationUnfinished",
        "it may still run",
        {
            cron_job("status_last_schedule_time", *ROTATION): f"30x159 {NOW - 600}x100",
        },
        cronjob="rotation-jwt-key",
    ),
    fires(
        "VaultRotationUnfinished",
        "it is due every hour, and each fails",
        {
            cron_job("status_last_schedule_time", *ROTATION): f"30x119 {HOUR + 30}x140",
            cron_job("status_last_successful_time", *ROTATION): steady(-DAY),
        },
        cronjob="rotation-jwt-key",
    ),
    quiet(
        "VaultRotationUnfinished",
        "it is due every hour, and each ends well",
        {
            cron_job("status_last_schedule_time", *ROTATION): f"30x119 {HOUR + 30}x140",
            cron_job("status_last_successful_time", *ROTATION): f"90x121 {HOUR + 90}x138",
        },
        cronjob="rotation-jwt-key",
    ),
    quiet(
        "VaultRotationUnfinished",
        "who exports it was restarted meanwhile",
        {
            cron_job("status_last_schedule_time", *ROTATION): None,
            cron_job("status_last_successful_time", *ROTATION): None,
            **{
                f'{cron_job(f"status_last_{what}", *ROTATION)[:-1]},instance="{one}"}}': when
                for what, at in (("schedule_time", 30), ("successful_time", 90))
                for one, when in (("a", f"{at}x150"), ("b", f"_x150 {at}x109"))
            },
        },
        cronjob="rotation-jwt-key",
    ),
    quiet(
        "VaultRotationUnfinished",
        "it was never due",
        {
            cron_job("status_last_schedule_time", *ROTATION): None,
            cron_job("status_last_successful_time", *ROTATION): None,
        },
        cronjob="rotation-jwt-key",
    ),
    *(
        case
        for job in (SNAPSHOTS, ROTATION)
        for case in (
            fires(
                "VaultJobSuspended",
                f"{job[1]} is, for an hour and more",
                {cron_job("spec_suspend", *job): f"0x40 1x{SAMPLES}"},
                cronjob=job[1],
            ),
            quiet(
                "VaultJobSuspended",
                f"{job[1]} is, for half an hour",
                {cron_job("spec_suspend", *job): f"0x120 1x{SAMPLES}"},
                cronjob=job[1],
            ),
            quiet(
                "VaultJobSuspended",
                f"{job[1]} was, and runs again",
                {cron_job("spec_suspend", *job): f"1x160 0x{SAMPLES}"},
                cronjob=job[1],
            ),
            fires(
                "VaultJobOverdue",
                f"{job[1]} was never started",
                {
                    cron_job("created", *job): steady(NOW - 5 * DAY),
                    cron_job("status_last_schedule_time", *job): None,
                    cron_job("status_last_successful_time", *job): None,
                },
                cronjob=job[1],
            ),
            fires(
                "VaultJobOverdue",
                f"{job[1]} has not succeeded for days",
                {
                    cron_job("created", *job): steady(NOW - 90 * DAY),
                    cron_job("status_last_successful_time", *job): steady(NOW - 5 * DAY),
                },
                cronjob=job[1],
            ),
            fires(
                "VaultJobOverdue",
                f"{job[1]} is gone",
                {
                    cron_job("created", *job): None,
                    cron_job("status_last_successful_time", *job): None,
                },
                cronjob=job[1],
            ),
            quiet(
                "VaultJobOverdue",
                f"{job[1]} was made a while ago, and its first run is not due yet",
                {
                    cron_job("created", *job): steady(NOW - 5 * HOUR),
                    cron_job("status_last_schedule_time", *job): None,
                    cron_job("status_last_successful_time", *job): None,
                },
                cronjob=job[1],
            ),
            quiet(
                "VaultJobOverdue",
                f"one run of {job[1]} was missed",
                {
                    cron_job("created", *job): steady(NOW - 90 * DAY),
                    cron_job("status_last_successful_time", *job): steady(NOW - 10 * HOUR),
                },
                cronjob=job[1],
            ),
        )
    ),
    fires(
        "VaultJobOverdue",
        "each has an interval of its own: fourteen hours are much for one of six",
        {cron_job("status_last_successful_time", *SNAPSHOTS): steady(NOW - 14 * HOUR)},
        cronjob="vault-snapshots",
    ),
    quiet(
        "VaultJobOverdue",
        "and nothing for one of a day",
        {
            cron_job(what, *ROTATION): steady(NOW - 47 * HOUR)
            for what in ("created", "status_last_successful_time")
        },
        cronjob="rotation-jwt-key",
    ),
)
