"""AppRole auth: pipelines and services outside Kubernetes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from policies.paths import APPROLE_AUTH
from policies.plan import AppRoleRole
from policies.standing import AUTH


@dataclass(frozen=True)
class AppRoleAuthArgs:
    """The plan's roles for what runs outside Kubernetes: of the whole matrix, or of one team's
    slice.
    """

    roles: Sequence[AppRoleRole]
    mounted: bool = False
    """Whether the method is there already, by another stack."""


class AppRoleAuth(pulumi.ComponentResource):
    """The auth method and a role for each pipeline. Deliberately issues no secret ID: an operator
    hands it over wrapped, so that none is ever in this program's state.
    """

    path: str

    def __init__(
        self, name: str, args: AppRoleAuthArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:auth:AppRoleAuth", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        if not args.mounted:
            mount = vault.AuthBackend(
                f"{name}-mount",
                type=AUTH[APPROLE_AUTH].type,
                path=APPROLE_AUTH,
                description=AUTH[APPROLE_AUTH].description,
                opts=child,
            )
            child = pulumi.ResourceOptions(parent=self, depends_on=[mount])
        for role in args.roles:
            vault.approle.AuthBackendRole(
                f"{name}-role-{role.name}",
                backend=APPROLE_AUTH,
                role_name=role.name,
                bind_secret_id=True,
                secret_id_ttl=role.secret_id_ttl_seconds,
                secret_id_num_uses=role.secret_id_uses,
                secret_id_bound_cidrs=list(role.token.bound_cidrs) or None,
                token_bound_cidrs=list(role.token.bound_cidrs) or None,
                token_policies=list(role.token.policies),
                token_ttl=role.token.ttl_seconds,
                token_max_ttl=role.token.max_ttl_seconds,
                token_no_default_policy=True,
                opts=child,
            )
        self.path = APPROLE_AUTH
        self.register_outputs({"path": self.path})
