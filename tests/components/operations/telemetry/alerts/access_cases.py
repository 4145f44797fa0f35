"""Series for the alerts on who is refused, and on what grows."""

from __future__ import annotations

from typing import Final

from tests.components.operations.telemetry.alerts.cases import (
    SAMPLES,
    Case,
    fires,
    lead,
    of,
    quiet,
    steady,
)

DENIED: Final = of("vault-1", "vault_core_response_status_code", 'code="403",type="4xx"')
ROOT: Final = lead("vault_token_create_root")
QUOTA: Final = of("vault-1", "vault_quota_rate_limit_violation", 'name="vaultstack"')
ASKED: Final = lead("vault_core_handle_request_count")
ENTRIES: Final = tuple(lead(f"vault_audit_log_{what}_count") for what in ("request", "response"))
TAKEN: Final = lead("vault_audit_sink_success")
DAY: Final = 240
"""Seconds between two values where a day is needed: 400 are more than 26 hours."""


def _logins(auth: str, tried: int, made: int) -> dict[str, str | None]:
    """Within half a minute."""
    return {
        lead(f"vault_route_update_auth_{auth}__count"): f"0+{tried}x{SAMPLES}",
        lead("vault_token_creation", f'mount_point="auth/{auth}/"'): f"0+{made}x{SAMPLES}",
    }


def _grown(alert: str, fires_: bool, why: str, name: str, before: int, now: int) -> Case:
    values = {
        of("vault-1", name): f"{before}x20 _x355",
        # Another server leads today.
        lead(name): f"_x20 {now}x380",
    }
    return Case(alert, fires_, why, dict(values), at="25h10m", seconds=DAY)


CASES: Final[tuple[Case, ...]] = (
    *(
        case
        for auth in ("kubernetes", "approle")
        for case in (
            fires(
                "VaultFailedLogins",
                f"three of ten by {auth} fail",
                _logins(auth, 10, 7),
                auth_method=auth,
            ),
            fires(
                "VaultFailedLogins",
                f"all by {auth} fail",
                {
                    **_logins(auth, 10, 0),
                    lead("vault_token_creation", f'mount_point="auth/{auth}/"'): None,
                },
                auth_method=auth,
            ),
            quiet(
                "VaultFailedLogins",
                f"many log in by {auth}",
                _logins(auth, 900, 900),
                auth_method=auth,
            ),
            quiet(
                "VaultFailedLogins",
                f"one in ten minutes fails by {auth}",
                {
                    **_logins(auth, 10, 10),
                    lead(f"vault_route_update_auth_{auth}__count"): f"0+10x170 1711+10x{SAMPLES}",
                },
                auth_method=auth,
            ),
        )
    ),
    *(
        case
        for auth in ("provisioner", "ci")
        for case in (
            fires(
                "VaultFailedLogins",
                f"many by {auth} fail at once, where nobody had logged in for long",
                {lead(f"vault_route_update_auth_{auth}__count"): "_x170 40x80"},
                auth_method=auth,
            ),
            fires(
                "VaultFailedLogins",
                f"three in half a minute fail by {auth}, and one succeeds",
                _logins(auth, 4, 1),
                auth_method=auth,
            ),
            quiet(
                "VaultFailedLogins",
                f"a `pulumi up` logs in by {auth} and writes twenty times",
                {
                    lead(f"vault_route_update_auth_{auth}__count"): "_x170 21x80",
                    lead("vault_token_creation", f'mount_point="auth/{auth}/"'): "_x169 1x81",
                },
                auth_method=auth,
            ),
            quiet(
                "VaultFailedLogins",
                f"another one does soon after the last, by {auth}",
                {
                    lead(f"vault_route_update_auth_{auth}__count"): "_x130 21x41 42x80",
                    lead("vault_token_creation", f'mount_point="auth/{auth}/"'): "_x130 1x41 2x80",
                },
                auth_method=auth,
            ),
            quiet(
                "VaultFailedLogins",
                f"many failed by {auth} an hour ago",
                {lead(f"vault_route_update_auth_{auth}__count"): "_x20 40x230"},
                auth_method=auth,
            ),
        )
    ),
    fires("VaultDeniedRequests", "one a second", {DENIED: f"0+30x{SAMPLES}"}),
    quiet("VaultDeniedRequests", "three a minute", {DENIED: f"0+1.5x{SAMPLES}"}),
    quiet("VaultDeniedRequests", "a burst of 60, once", {DENIED: "0x170 60x80"}),
    fires("VaultRootTokenMade", "the first since Vault forgot", {ROOT: "_x170 1x80"}),
    fires("VaultRootTokenMade", "another one", {ROOT: "1x170 2x80"}),
    quiet("VaultRootTokenMade", "it was made an hour ago", {ROOT: "_x20 1x230"}),
    fires("VaultQuotaRejections", "the first ones are many", {QUOTA: "_x170 40x80"}),
    fires("VaultQuotaRejections", "more come", {QUOTA: f"0+2x{SAMPLES}"}),
    quiet("VaultQuotaRejections", "it was hours ago", {QUOTA: steady(4000)}),
    quiet("VaultQuotaRejections", "a few at once", {QUOTA: "_x170 3x80"}),
    *(
        case
        for of_what, name in (
            ("requests", "vault_audit_log_request_failure"),
            ("answers", "vault_audit_log_response_failure"),
        )
        for case in (
            fires(
                "VaultAuditFailures",
                f"one of the {of_what}",
                {lead(name): "0x170 1x80"},
                of=of_what,
            ),
            quiet(
                "VaultAuditFailures",
                f"{of_what}: it was an hour ago",
                {lead(name): "0x20 1x230"},
                of=of_what,
            ),
        )
    ),
    fires(
        "VaultAuditIncomplete",
        "one of two takes none any more",
        {TAKEN: f"0+12000x100 1200000+6000x{SAMPLES}"},
    ),
    fires("VaultAuditIncomplete", "no entry ever came to a device", {TAKEN: None}),
    fires(
        "VaultAuditIncomplete",
        "somebody ended both",
        dict.fromkeys((*ENTRIES, TAKEN), f"0+3000x100 300000x{SAMPLES}"),
    ),
    fires(
        "VaultAuditIncomplete",
        "so long ago that Vault forgot what it wrote",
        dict.fromkeys((*ENTRIES, TAKEN)),
    ),
    quiet(
        "VaultAuditIncomplete",
        "nobody asks anything",
        {name: steady(7) for name in (*ENTRIES, TAKEN, ASKED)},
    ),
    quiet(
        "VaultAuditIncomplete",
        "nobody asked for so long that Vault forgot it",
        dict.fromkeys((*ENTRIES, TAKEN, ASKED)),
    ),
    quiet(
        "VaultAuditIncomplete",
        "a request in a while, the first of which begin the counters",
        {
            **dict.fromkeys((*ENTRIES, ASKED), "_x165 1x20 2x20 3x55"),
            TAKEN: "_x165 4x20 8x20 12x55",
        },
    ),
    quiet(
        "VaultAuditIncomplete",
        "another server leads",
        {
            **dict.fromkeys((*ENTRIES, ASKED), "0+3000x170 510000x90"),
            TAKEN: "0+12000x170 2040000x90",
            **{
                of("vault-1", f"vault_{name}"): f"_x171 70+3000x{SAMPLES}"
                for name in ("audit_log_request_count", "audit_log_response_count")
            },
            of("vault-1", "vault_core_handle_request_count"): f"_x171 70+3000x{SAMPLES}",
            of("vault-1", "vault_audit_sink_success"): f"_x171 280+12000x{SAMPLES}",
        },
    ),
    _grown("VaultLeaseGrowth", True, "three times as many", "vault_expire_num_leases", 900, 2700),
    _grown("VaultLeaseGrowth", False, "half as many more", "vault_expire_num_leases", 2000, 3000),
    _grown("VaultLeaseGrowth", False, "few, if tripled", "vault_expire_num_leases", 100, 300),
    _grown("VaultTokenGrowth", True, "three times as many", "vault_token_count", 900, 2700),
    _grown("VaultTokenGrowth", False, "half as many more", "vault_token_count", 2000, 3000),
    fires(
        "VaultIrrevocableLeases", "two", {lead("vault_expire_num_irrevocable_leases"): steady(2)}
    ),
    quiet(
        "VaultIrrevocableLeases",
        "a server says so that leads no more",
        {of("vault-1", "vault_expire_num_irrevocable_leases"): steady(2)},
    ),
)
