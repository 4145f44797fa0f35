"""The service account by which whoever administers the cluster may compare its Vault with the
matrix (`python -m attest --kubernetes-token`), as CI does with a role of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import meta

from components.kubernetes_cluster import make_provider
from components.namespace import MANAGED
from components.rights import make_account
from components.settings import Settings
from components.settings.deployment import KubernetesSettings
from policies import inspection
from policies.plan import KubernetesRole, Plan


@dataclass(frozen=True)
class AttestAccountArgs:
    """Which cluster, and the role in Vault whose service account is made."""

    kubernetes: KubernetesSettings
    role: KubernetesRole


class AttestAccount(pulumi.ComponentResource):
    """The account that the workload's role in Vault is bound to, with no right in Kubernetes:
    whoever else made it could look at all that decides access. Deliberately runs nothing.
    """

    def __init__(
        self, name: str, args: AttestAccountArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:operations:AttestAccount", name, None, opts)
        provider = make_provider(
            f"{name}-kubernetes", args.kubernetes, pulumi.ResourceOptions(parent=self)
        )
        make_account(
            f"{name}-account",
            meta.v1.ObjectMetaArgs(
                name=args.role.service_account, namespace=args.role.namespace, labels=MANAGED
            ),
            pulumi.ResourceOptions(parent=self, provider=provider),
        )
        self.register_outputs({})


def let_look(
    name: str, settings: Settings, plan: Plan, opts: pulumi.ResourceOptions | None = None
) -> AttestAccount | None:
    """None where the servers' namespace is somebody else's."""
    if settings.deployment is None:
        return None
    wanted = inspection.acl_policy(plan.environment)
    (role,) = (one for one in plan.kubernetes_roles if one.token.policies == (wanted,))
    return AttestAccount(name, AttestAccountArgs(settings.deployment.kubernetes, role), opts)
