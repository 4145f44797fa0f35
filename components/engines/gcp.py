"""Google Cloud tokens that end with their lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from components.settings import GcpSettings
from policies.paths import GCP
from policies.plan import GcpRole
from policies.standing import ENGINES


@dataclass(frozen=True)
class GcpEngineArgs:
    """Vault's own credentials (`settings`), and the plan's roles: a service account and its scopes
    each.
    """

    settings: GcpSettings
    roles: Sequence[GcpRole]


class GcpEngine(pulumi.ComponentResource):
    """The engine, and an impersonated service account for each role: tokens are short-lived and
    no service account key is ever made. Deliberately makes no service account and no IAM binding.
    """

    path: str

    def __init__(
        self, name: str, args: GcpEngineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:engines:GcpEngine", name, None, opts)
        backend = vault.gcp.SecretBackend(
            f"{name}-mount",
            path=GCP,
            description=ENGINES[GCP].description,
            credentials=args.settings.credentials,
            opts=pulumi.ResourceOptions(parent=self),
        )
        child = pulumi.ResourceOptions(parent=self, depends_on=[backend])
        for role in args.roles:
            vault.gcp.SecretImpersonatedAccount(
                f"{name}-role-{role.name}",
                backend=GCP,
                impersonated_account=role.name,
                service_account_email=role.service_account,
                token_scopes=list(role.scopes),
                ttl=str(role.ttl_seconds),
                opts=child,
            )
        self.path = GCP
        self.register_outputs({"path": self.path})
