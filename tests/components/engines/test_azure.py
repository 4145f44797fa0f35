"""Azure: service principals with the planned assignments, gone for good with their lease."""

from __future__ import annotations

import pulumi
import pytest

from components.engines import AzureEngine, AzureEngineArgs
from components.settings import AzureSettings
from policies.plan import AzureRole
from tests.components.conftest import Alone
from tests.components.plans import shuffled
from tests.recording import Recording, is_secret, plain

GROUP = "/subscriptions/1234/resourceGroups/shop-dev"
ROLES = (
    AzureRole("shop-blob", (("Storage Blob Data Reader", GROUP), ("Reader", GROUP)), 3600, 14400),
    AzureRole("shop-deploy", (("Contributor", GROUP),), 1800, 7200),
)


def make(
    alone: Alone,
    roles: tuple[AzureRole, ...] = ROLES,
    *,
    secret: str | None = None,
    preview: bool = False,
) -> Recording:
    def component(opts: pulumi.ResourceOptions) -> AzureEngine:
        settings = AzureSettings(
            subscription_id="1234",
            tenant_id="5678",
            client_id="9012" if secret else None,
            client_secret=pulumi.Output.secret(secret) if secret else None,
        )
        return AzureEngine("azure", AzureEngineArgs(settings, roles), opts)

    return alone(component, preview=preview)


@pytest.mark.parametrize("preview", [False, True])
def test_roles_are_as_planned(alone: Alone, preview: bool) -> None:
    recording = make(alone, preview=preview)
    assert recording["azure"].type == "vaultstack:engines:AzureEngine"
    role = recording["azure-role-shop-blob"]
    assert role.type == "vault:azure/backendRole:BackendRole"
    assert role.inputs == {
        "backend": "azure",
        "role": "shop-blob",
        "azureRoles": [
            {"roleName": "Storage Blob Data Reader", "scope": GROUP},
            {"roleName": "Reader", "scope": GROUP},
        ],
        "ttl": "3600",
        "maxTtl": "14400",
        "permanentlyDelete": True,
    }
    assert role.after == {"azure-mount"}
    assert len(recording.of(role.type)) == len(ROLES)


def test_the_mount_names_the_account(alone: Alone) -> None:
    mount = make(alone)["azure-mount"]
    assert mount.values["subscriptionId"] == "1234"
    assert mount.values["tenantId"] == "5678"
    assert {"clientId", "clientSecret"}.isdisjoint(mount.inputs)


def test_a_given_client_secret_arrives_as_a_secret(alone: Alone) -> None:
    mount = make(alone, secret="azure-hidden")["azure-mount"].inputs
    assert is_secret(mount["clientSecret"])
    assert plain(mount["clientSecret"]) == "azure-hidden"
    assert plain(mount["clientId"]) == "9012"


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    assert make(alone).identities == make(alone, tuple(shuffled(ROLES))).identities
