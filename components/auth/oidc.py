"""OIDC auth: people, by the groups that the identity provider puts them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from components.settings import OidcSettings
from policies.paths import OIDC_AUTH
from policies.plan import OidcRole
from policies.standing import AUTH


@dataclass(frozen=True)
class OidcAuthArgs:
    """Vault's client at the identity provider (`settings`), and the plan's roles: one for each kind
    of people, with the provider's groups that they are in.
    """

    settings: OidcSettings
    roles: Sequence[OidcRole]


class OidcAuth(pulumi.ComponentResource):
    """The auth method, its identity provider, and a role for each group of people. There is no
    default role: who logs in says as what, and must be in the role's group.
    """

    path: str

    def __init__(
        self, name: str, args: OidcAuthArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:auth:OidcAuth", name, None, opts)
        settings = args.settings
        mount = vault.jwt.AuthBackend(
            f"{name}-mount",
            type=AUTH[OIDC_AUTH].type,
            path=OIDC_AUTH,
            description=AUTH[OIDC_AUTH].description,
            oidc_discovery_url=settings.discovery_url,
            oidc_client_id=settings.client_id,
            oidc_client_secret=settings.client_secret,
            tune=vault.jwt.AuthBackendTuneArgs(
                listing_visibility=AUTH[OIDC_AUTH].listing_visibility
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        child = pulumi.ResourceOptions(parent=self, depends_on=[mount])
        for role in args.roles:
            vault.jwt.AuthBackendRole(
                f"{name}-role-{role.name}",
                backend=OIDC_AUTH,
                role_name=role.name,
                role_type="oidc",
                user_claim="sub",
                groups_claim=settings.groups_claim,
                bound_audiences=[settings.client_id],
                bound_claims={settings.groups_claim: ",".join(role.groups)},
                oidc_scopes=list(settings.scopes) or None,
                allowed_redirect_uris=list(settings.redirect_uris),
                token_policies=list(role.token.policies),
                token_ttl=role.token.ttl_seconds,
                token_max_ttl=role.token.max_ttl_seconds,
                token_no_default_policy=True,
                opts=child,
            )
        self.path = OIDC_AUTH
        self.register_outputs({"path": self.path})
