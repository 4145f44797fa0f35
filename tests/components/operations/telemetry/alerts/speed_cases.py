"""Series for the alerts on how fast Vault is, and whether it answers.

A quantile of seconds without requests is NaN, which promtool cannot be told: such a sample is left
out here.
"""

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

P99: Final = lead("vault_core_handle_request", 'quantile="0.99"')
REQUESTS: Final = lead("vault_core_handle_request_count")
DATABASE: Final = lead("vault_route_read_database__count")
FAILED: Final = of("vault-1", "vault_core_response_status_code", 'code="500",type="5xx"')
SEALED: Final = of("vault-1", "vault_core_response_status_code", 'code="503",type="5xx"')


def _took(name: str, milliseconds: float, requests: int = 30) -> dict[str, str | None]:
    return {
        lead(f"vault_{name}_sum"): f"0+{requests * milliseconds}x{SAMPLES}",
        lead(f"vault_{name}_count"): f"0+{requests}x{SAMPLES}",
    }


OPERATIONS: Final = {
    "static secret": ("route_read_secret_", 15),
    "database credentials": ("route_read_database_", 40),
    "token renewal": ("expire_renew_token", 20),
    "certificate": ("pki_issue", 100),
}

CASES: Final[tuple[Case, ...]] = (
    fires("VaultSlowRequests", "the slowest in a hundred take 30 ms", {P99: steady(30)}),
    fires(
        "VaultSlowRequests",
        "there are seconds without requests between",
        {P99: " ".join(["30 _"] * (SAMPLES // 2))},
    ),
    quiet("VaultSlowRequests", "for two minutes only", {P99: "4x170 90x4 4x80"}),
    quiet("VaultSlowRequests", "nobody asks", {P99: f"_x{SAMPLES}"}),
    quiet(
        "VaultSlowRequests",
        "so few ask that each is the slowest",
        {P99: steady(30), REQUESTS: f"0+10x{SAMPLES}"},
    ),
    quiet(
        "VaultSlowRequests",
        "what is slow waits for databases",
        {P99: steady(30), DATABASE: f"0+300x{SAMPLES}"},
    ),
    *(
        fires(
            "VaultSlowOperation",
            f"{operation} above its target",
            _took(name, most + 5),
            operation=operation,
        )
        for operation, (name, most) in OPERATIONS.items()
    ),
    *(
        quiet(
            "VaultSlowOperation",
            f"{operation} within its target",
            _took(name, most - 1),
            operation=operation,
        )
        for operation, (name, most) in OPERATIONS.items()
    ),
    quiet(
        "VaultSlowOperation",
        "nobody asked for a certificate",
        _took("pki_issue", 500, 0),
        operation="certificate",
    ),
    fires("VaultServerErrors", "five in a hundred fail", {FAILED: f"0+500x{SAMPLES}"}),
    quiet(
        "VaultServerErrors", "a sealed server tells health checks so", {SEALED: f"0+500x{SAMPLES}"}
    ),
)
