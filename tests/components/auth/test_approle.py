"""AppRole: roles as planned, and no secret ID anywhere."""

from __future__ import annotations

import dataclasses

import pytest

from components.auth import AppRoleAuth, AppRoleAuthArgs
from policies.plan import AppRoleRole
from tests.components.conftest import Alone
from tests.components.plans import TOKEN, shuffled
from tests.recording import Recording

BOUND = dataclasses.replace(TOKEN, bound_cidrs=("10.0.0.0/8",))
ROLES = (
    AppRoleRole("shop-ci", secret_id_ttl_seconds=86400, secret_id_uses=20, token=BOUND),
    AppRoleRole("shop-cron", secret_id_ttl_seconds=3600, secret_id_uses=0, token=TOKEN),
)


def make(
    alone: Alone, roles: tuple[AppRoleRole, ...] = ROLES, *, preview: bool = False
) -> Recording:
    return alone(lambda opts: AppRoleAuth("approle", AppRoleAuthArgs(roles), opts), preview=preview)


@pytest.mark.parametrize("preview", [False, True])
def test_roles_are_as_planned(alone: Alone, preview: bool) -> None:
    recording = make(alone, preview=preview)
    assert recording["approle"].type == "vaultstack:auth:AppRoleAuth"
    assert recording["approle-mount"].values["type"] == "approle"
    role = recording["approle-role-shop-ci"]
    assert role.type == "vault:appRole/authBackendRole:AuthBackendRole"
    assert role.inputs == {
        "backend": "approle",
        "roleName": "shop-ci",
        "bindSecretId": True,
        "secretIdTtl": 86400,
        "secretIdNumUses": 20,
        "secretIdBoundCidrs": ["10.0.0.0/8"],
        "tokenBoundCidrs": ["10.0.0.0/8"],
        "tokenPolicies": ["shop-api-dev"],
        "tokenTtl": 3600,
        "tokenMaxTtl": 86400,
        "tokenNoDefaultPolicy": True,
    }
    assert role.after == {"approle-mount"}


def test_zero_uses_mean_no_limit_and_are_sent(alone: Alone) -> None:
    role = make(alone)["approle-role-shop-cron"].inputs
    assert role["secretIdNumUses"] == 0
    assert "tokenBoundCidrs" not in role


def test_no_secret_id_is_made(alone: Alone) -> None:
    assert not any("SecretId" in resource.type for resource in make(alone).resources)


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    assert make(alone).identities == make(alone, tuple(shuffled(ROLES))).identities


def test_of_another_stacks_method_it_makes_only_roles(alone: Alone) -> None:
    args = AppRoleAuthArgs(ROLES, mounted=True)
    recording = alone(lambda opts: AppRoleAuth("approle", args, opts))
    assert "approle-mount" not in recording
    role, whole = recording["approle-role-shop-ci"], make(alone)["approle-role-shop-ci"]
    assert (role.urn, role.inputs, role.after) == (whole.urn, whole.inputs, set())
