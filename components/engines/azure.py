"""Azure service principals that end with their lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from components.settings import AzureSettings
from policies.paths import AZURE
from policies.plan import AzureRole
from policies.standing import ENGINES


@dataclass(frozen=True)
class AzureEngineArgs:
    """Vault's own service principal (`settings`), and the plan's roles with the assignments of
    each.
    """

    settings: AzureSettings
    roles: Sequence[AzureRole]


class AzureEngine(pulumi.ComponentResource):
    """The engine, and a role for each set of assignments: Vault makes a service principal for each
    lease, and deletes it for good with it.
    """

    path: str

    def __init__(
        self, name: str, args: AzureEngineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:engines:AzureEngine", name, None, opts)
        settings = args.settings
        backend = vault.azure.Backend(
            f"{name}-mount",
            path=AZURE,
            description=ENGINES[AZURE].description,
            subscription_id=settings.subscription_id,
            tenant_id=settings.tenant_id,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            opts=pulumi.ResourceOptions(parent=self),
        )
        child = pulumi.ResourceOptions(parent=self, depends_on=[backend])
        for role in args.roles:
            vault.azure.BackendRole(
                f"{name}-role-{role.name}",
                backend=AZURE,
                role=role.name,
                azure_roles=[
                    vault.azure.BackendRoleAzureRoleArgs(role_name=assigned, scope=scope)
                    for assigned, scope in role.assignments
                ],
                ttl=str(role.default_ttl_seconds),
                max_ttl=str(role.max_ttl_seconds),
                permanently_delete=True,
                opts=child,
            )
        self.path = AZURE
        self.register_outputs({"path": self.path})
