"""OIDC: people log in by their group, and the client secret stays one."""

from __future__ import annotations

import dataclasses

import pulumi
import pytest

from components.auth import OidcAuth, OidcAuthArgs
from components.settings import OidcSettings
from policies.plan import OidcRole
from tests.components.conftest import Alone
from tests.components.plans import TOKEN, shuffled
from tests.recording import Recording, is_secret, plain

ROLES = (
    OidcRole("auditors", ("vault-auditors-dev",), TOKEN),
    OidcRole("operators", ("vault-operators-dev",), TOKEN),
)


def make(
    alone: Alone,
    roles: tuple[OidcRole, ...] = ROLES,
    *,
    scopes: tuple[str, ...] = (),
    preview: bool = False,
) -> Recording:
    def component(opts: pulumi.ResourceOptions) -> OidcAuth:
        settings = OidcSettings(
            discovery_url="https://login.example.com",
            client_id="vault-dev",
            client_secret=pulumi.Output.secret("oidc-hidden"),
            groups_claim="teams",
            scopes=scopes,
            redirect_uris=("http://localhost:8250/oidc/callback",),
        )
        return OidcAuth("oidc", OidcAuthArgs(settings, roles), opts)

    return alone(component, preview=preview)


@pytest.mark.parametrize("preview", [False, True])
def test_each_role_takes_one_group_only(alone: Alone, preview: bool) -> None:
    recording = make(alone, preview=preview)
    assert recording["oidc"].type == "vaultstack:auth:OidcAuth"
    role = recording["oidc-role-operators"]
    assert role.type == "vault:jwt/authBackendRole:AuthBackendRole"
    assert role.inputs == {
        "backend": "oidc",
        "roleName": "operators",
        "roleType": "oidc",
        "userClaim": "sub",
        "groupsClaim": "teams",
        "boundAudiences": ["vault-dev"],
        "boundClaims": {"teams": "vault-operators-dev"},
        "allowedRedirectUris": ["http://localhost:8250/oidc/callback"],
        "tokenPolicies": ["shop-api-dev"],
        "tokenTtl": 3600,
        "tokenMaxTtl": 86400,
        "tokenNoDefaultPolicy": True,
    }
    assert role.after == {"oidc-mount"}


def test_several_groups_are_one_claim(alone: Alone) -> None:
    both = dataclasses.replace(ROLES[0], groups=("a-dev", "b-dev"))
    role = make(alone, (both,))["oidc-role-auditors"]
    assert role.inputs["boundClaims"] == {"teams": "a-dev,b-dev"}


def test_scopes_are_asked_for_where_set(alone: Alone) -> None:
    role = make(alone, scopes=("groups",))["oidc-role-operators"]
    assert role.inputs["oidcScopes"] == ["groups"]


def test_the_client_secret_arrives_as_a_secret(alone: Alone) -> None:
    mount = make(alone)["oidc-mount"].inputs
    assert is_secret(mount["oidcClientSecret"])
    assert plain(mount["oidcClientSecret"]) == "oidc-hidden"
    assert "defaultRole" not in mount


def test_the_order_of_the_plan_changes_nothing(alone: Alone) -> None:
    assert make(alone).identities == make(alone, tuple(shuffled(ROLES))).identities
