"""Series for the alerts on whether the servers live."""

from __future__ import annotations

from typing import Final

from tests.components.operations.telemetry.alerts.cases import (
    PODS,
    Case,
    fires,
    lead,
    of,
    quiet,
    steady,
    volume,
)

NO_SERVER: Final[dict[str, str | None]] = {of(pod, "up"): "1x20 0x200" for pod in PODS}
NEVER_SEEN: Final[dict[str, str | None]] = {of(pod, "up"): None for pod in PODS}
UNSEALED: Final = of("vault-2", "vault_core_unsealed", 'cluster="c"')
FRESH: Final = of("vault-2", "vault_core_unsealed", 'cluster=""')
RESTARTS: Final = (
    'kube_pod_container_status_restarts_total{namespace="vault",container="vault",pod="vault-1"}'
)
OTHERS_RESTARTS: Final = (
    'kube_pod_container_status_restarts_total{namespace="shop",container="vault",pod="vault-1"}'
)
GIB: Final = 2**30
NO_LEADER: Final[dict[str, str | None]] = {lead("vault_core_active", 'cluster="c"'): steady(0)}


def _left(claim: str, gib: float) -> dict[str, str | None]:
    """On a volume of 10 GiB."""
    return {volume("available", claim): steady(gib * GIB)}


def _not_leading(pod: str, name: str, value: float) -> dict[str, str | None]:
    """What a server shows that led before: stale for as long as the retention."""
    return {of(pod, name): steady(value)}


CASES: Final[tuple[Case, ...]] = (
    fires("VaultUnwatched", "no server answers", NO_SERVER),
    fires("VaultUnwatched", "Prometheus knows of no server", NEVER_SEEN),
    quiet("VaultUnwatched", "one still answers", {**NO_SERVER, of("vault-1", "up"): steady(1)}),
    fires("VaultServerDown", "one does not answer", {of("vault-2", "up"): "1x20 0x200"}),
    fires("VaultServerDown", "one was never seen", {of("vault-2", "up"): None}),
    quiet(
        "VaultServerDown", "it is back after two minutes", {of("vault-2", "up"): "1x174 0x4 1x60"}
    ),
    quiet("VaultServerDown", "none answers, which another alert tells", NO_SERVER),
    fires("VaultSealed", "a server was sealed", {UNSEALED: "1x20 0x200"}),
    fires(
        "VaultSealed",
        "it led before, and still shows the gauge of the time before that",
        {UNSEALED: "1x20 0x200", FRESH: steady(1)},
    ),
    fires("VaultSealed", "it never led", {UNSEALED: None, FRESH: "1x20 0x200"}),
    fires("VaultSealed", "so long ago that it shows the metric no more", {UNSEALED: None}),
    quiet("VaultSealed", "it is the gauge of the time before it led", {FRESH: steady(0)}),
    quiet("VaultSealed", "a restart takes a minute", {UNSEALED: "1x177 0x2 1x60"}),
    quiet(
        "VaultSealed",
        "it does not answer, which another alert tells",
        {UNSEALED: None, of("vault-2", "up"): steady(0)},
    ),
    fires("VaultNoLeader", "none leads", NO_LEADER),
    fires(
        "VaultNoLeader",
        "all are sealed, and show the metric no more",
        {of(pod, "vault_core_active", 'cluster="c"'): None for pod in PODS},
    ),
    quiet(
        "VaultNoLeader",
        "another leads",
        {**NO_LEADER, of("vault-1", "vault_core_active", 'cluster="c"'): steady(1)},
    ),
    quiet(
        "VaultNoLeader", "nothing is known, which another alert tells", {**NO_SERVER, **NO_LEADER}
    ),
    fires(
        "VaultQuorumMarginLost",
        "no voter can be spared",
        {lead("vault_autopilot_failure_tolerance"): "1x20 0x200"},
    ),
    quiet(
        "VaultQuorumMarginLost",
        "a server says so that leads no more",
        _not_leading("vault-1", "vault_autopilot_failure_tolerance", 0),
    ),
    quiet(
        "VaultQuorumMarginLost",
        "an upgrade takes three minutes",
        {lead("vault_autopilot_failure_tolerance"): "1x170 0x6 1x60"},
    ),
    fires(
        "VaultAutopilotUnhealthy", "a server lags", {lead("vault_autopilot_healthy"): "1x20 0x200"}
    ),
    quiet(
        "VaultAutopilotUnhealthy",
        "a server says so that leads no more",
        _not_leading("vault-1", "vault_autopilot_healthy", 0),
    ),
    fires(
        "VaultLeaderUnsteady",
        "three changes within the hour",
        {lead("vault_core_leadership_lost_count"): "0x80 1x20 2x20 3x120"},
    ),
    quiet(
        "VaultLeaderUnsteady",
        "an upgrade changes it once",
        {lead("vault_core_leadership_lost_count"): "0x120 1x120"},
    ),
    quiet(
        "VaultLeaderUnsteady",
        "an upgrade may change it twice",
        {lead("vault_core_leadership_lost_count"): "0x120 1x20 2x100"},
    ),
    fires("VaultRestartsOften", "five restarts within the hour", {RESTARTS: "1x100 1+1x5 6x100"}),
    quiet("VaultRestartsOften", "three restarts", {RESTARTS: "1x120 2x5 3x5 4x100"}),
    quiet("VaultRestartsOften", "one restart", {RESTARTS: "1x120 2x120"}),
    quiet("VaultRestartsOften", "it is another's pod", {OTHERS_RESTARTS: "1x100 1+1x5 6x100"}),
    fires("VaultVolumeFills", "data is at nine tenths", _left("data-vault-1", 0.9)),
    fires("VaultVolumeFills", "nobody rotates the audit file", _left("audit-vault-0", 0.5)),
    quiet("VaultVolumeFills", "what the rotation leaves", _left("audit-vault-0", 1.5)),
    quiet("VaultVolumeFills", "it is another's", _left("data-shop-0", 0)),
    fires(
        "VaultKmsErrors",
        "the KMS does not answer",
        {lead("vault_seal_unreachable_time"): "0x100 0+30000x120"},
        operation="health check",
    ),
    quiet(
        "VaultKmsErrors",
        "it answered again at once",
        {lead("vault_seal_unreachable_time"): "0x170 60000x2 0x80"},
        operation="health check",
    ),
    fires(
        "VaultKmsErrors",
        "the first refusal ever",
        {of("vault-2", "vault_seal_decrypt_error", 'seal_wrapper_name="awskms"'): "_x170 1x80"},
        operation="decrypt",
    ),
    quiet(
        "VaultKmsErrors",
        "it was an hour ago",
        {of("vault-2", "vault_seal_decrypt_error", 'seal_wrapper_name="awskms"'): "_x40 1x210"},
        operation="decrypt",
    ),
    fires(
        "VaultKmsErrors",
        "one more refusal",
        {lead("vault_seal_encrypt_error", 'seal_wrapper_name="awskms"'): "3x170 4x80"},
        operation="encrypt",
    ),
    quiet(
        "VaultKmsErrors",
        "it was long ago",
        {lead("vault_seal_encrypt_error", 'seal_wrapper_name="awskms"'): steady(3)},
        operation="encrypt",
    ),
)
