"""Kubernetes auth: workloads log in with their service account's token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from components.settings import KubernetesAuthSettings, Reviewer
from policies.paths import KUBERNETES_AUTH
from policies.plan import KubernetesRole
from policies.standing import AUTH


@dataclass(frozen=True)
class KubernetesAuthArgs:
    """How Vault reaches the API server, and the plan's roles: of the whole matrix, or of one team's
    slice.
    """

    settings: KubernetesAuthSettings | None
    """None: the method is another stack's."""
    roles: Sequence[KubernetesRole]
    reviewer_token: pulumi.Input[str] | None = None
    """As `auth.reviewer_token` gives it."""


class KubernetesAuth(pulumi.ComponentResource):
    """The auth method, its connection to the API server, and a role for each workload.

    Every role is bound to one service account, one namespace and one audience. Deliberately makes
    no workload's namespace or service account: those are the applications'.
    """

    path: str

    def __init__(
        self, name: str, args: KubernetesAuthArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:auth:KubernetesAuth", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        if args.settings:
            child = self._method(name, args.settings, args.reviewer_token)
        for role in args.roles:
            vault.kubernetes.AuthBackendRole(
                f"{name}-role-{role.name}",
                backend=KUBERNETES_AUTH,
                role_name=role.name,
                bound_service_account_names=[role.service_account],
                bound_service_account_namespaces=[role.namespace],
                audience=role.audience,
                token_policies=list(role.token.policies),
                token_ttl=role.token.ttl_seconds,
                token_max_ttl=role.token.max_ttl_seconds,
                token_no_default_policy=True,
                opts=child,
            )
        self.path = KUBERNETES_AUTH
        self.register_outputs({"path": self.path})

    def _method(
        self,
        name: str,
        settings: KubernetesAuthSettings,
        reviewer_token: pulumi.Input[str] | None,
    ) -> pulumi.ResourceOptions:
        """The mount and its configuration; returns how its roles are declared."""
        mount = vault.AuthBackend(
            f"{name}-mount",
            type=AUTH[KUBERNETES_AUTH].type,
            path=KUBERNETES_AUTH,
            description=AUTH[KUBERNETES_AUTH].description,
            opts=pulumi.ResourceOptions(parent=self),
        )
        child = pulumi.ResourceOptions(parent=self, depends_on=[mount])
        vault.kubernetes.AuthBackendConfig(
            f"{name}-config",
            backend=KUBERNETES_AUTH,
            kubernetes_host=settings.host,
            kubernetes_ca_cert=settings.ca_cert,
            token_reviewer_jwt=reviewer_token,
            # In a pod Vault reads its own token and CA, and reads them again when they change.
            disable_local_ca_jwt=settings.reviewer is not Reviewer.POD,
            # The API server reviews each token. It is Vault's own default, of which Pulumi's
            # provider makes the opposite where nothing is said.
            disable_iss_validation=True,
            opts=child,
        )
        return child
