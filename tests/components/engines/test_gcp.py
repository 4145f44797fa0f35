"""Google Cloud: impersonated service accounts, and a credential that stays secret."""

from __future__ import annotations

import pulumi
import pytest

from components.engines import GcpEngine, GcpEngineArgs
from components.settings import GcpSettings
from policies.plan import GcpRole
from tests.components.conftest import Alone
from tests.components.plans import shuffled
from tests.recording import Recording, is_secret, plain

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
ROLES = (
    GcpRole("shop-bigquery", "bq@shop-dev.iam.gserviceaccount.com", (SCOPE,), 3600),
    GcpRole("shop-storage", "gcs@shop-dev.iam.gserviceaccount.com", (SCOPE,), 1800),
)


def make(
    alone: Alone,
    roles: tuple[GcpRole, ...] = ROLES,
    *,
    key: str | None = None,
    preview: bool = False,
) -> Recording:
    def component(opts: pulumi.ResourceOptions) -> GcpEngine:
        settings = GcpSettings(pulumi.Output.secret(key) if key else None)
        return GcpEngine("gcp", GcpEngineArgs(settings, roles), opts)

    return alone(component, preview=preview)


@pytest.mark.parametrize("preview", [False, True])
def test_roles_are_as_planned(alone: Alone, preview: bool) -> None:
    recording = make(alone, preview=preview)
    assert recording["gcp"].type == "vaultstack:engines:GcpEngine"
    role = recording["gcp-role-shop-storage"]
    assert role.type == "vault:gcp/secretImpersonatedAccount:SecretImpersonatedAccount"
    assert role.inputs == {
        "backend": "gcp",
        "impersonatedAccount": "shop-storage",
        "serviceAccountEmail": "gcs@shop-dev.iam.gserviceaccount.com",
        "tokenScopes": [SCOPE],
        "ttl": "1800",
    }
    assert role.after == {"gcp-mount"}
    assert len(recording.of(role.type)) == len(ROLES)


def test_without_a_key_vault_uses_its_own_identity(alone: Alone) -> None:
    assert "credentials" not in make(alone)["gcp-mount"].inputs


def test_a_given_key_arrives_as_a_secret(alone: Alone) -> None:
    mount = make(alone, key='{"private_key": "gcp-hidden"}')["gcp-mount"].inputs
    assert is_secret(mount["credentials"])
    assert plain(mount["credentials"]) == '{"private_key": "gcp-hidden"}'


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    assert make(alone).identities == make(alone, tuple(shuffled(ROLES))).identities
