"""With what Vault asks the API server whose a service account's token is.

It is made before Vault and beside the auth method, which waits for ACL policies: Pulumi makes every
provider, even where an `up` has targets (docs/lost-state.md), and could make none within a
component that still waits.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes_cluster import make_provider
from components.namespace import MANAGED
from components.rights import TOKEN_REVIEWER, account, bind_everywhere, make_account
from components.settings import KubernetesAuthSettings, Reviewer

_REVIEWER: Final = "vault-token-reviewer"
_FORMER_PARENT: Final = "vaultstack:auth:KubernetesAuth"


def reviewer_token(
    name: str, settings: KubernetesAuthSettings, opts: pulumi.ResourceOptions
) -> pulumi.Input[str] | None:
    """None: Vault's own, as it runs in a pod."""
    match settings.reviewer:
        case Reviewer.POD:
            return None
        case Reviewer.GIVEN:
            return settings.reviewer_token
        case Reviewer.CREATE:
            return TokenReviewer(name, settings, opts).token


class TokenReviewer(pulumi.ComponentResource):
    """A service account that may review tokens and nothing else.

    Its token does not expire: prefer a Vault in a pod, which needs none.
    """

    token: pulumi.Output[str]
    """Secret."""

    def __init__(
        self,
        name: str,
        settings: KubernetesAuthSettings,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("vaultstack:auth:TokenReviewer", name, None, opts)
        namespace = settings.reviewer_namespace
        # These were the auth method's: made anew, they would find their names in the cluster taken.
        before = pulumi.Alias(parent=pulumi.create_urn("kubernetes", _FORMER_PARENT))
        own = pulumi.ResourceOptions(parent=self, aliases=[before])
        cluster = make_provider(f"{name}-cluster", settings.cluster, own)
        child = pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(provider=cluster))
        made = make_account(
            f"{name}-account",
            kubernetes.meta.v1.ObjectMetaArgs(name=_REVIEWER, namespace=namespace, labels=MANAGED),
            child,
        )
        bind_everywhere(
            f"{name}-binding",
            TOKEN_REVIEWER,
            kubernetes.meta.v1.ObjectMetaArgs(name=f"{_REVIEWER}-{namespace}", labels=MANAGED),
            account(namespace, _REVIEWER),
            child,
        )
        kept = kubernetes.core.v1.Secret(
            f"{name}-token",
            metadata=kubernetes.meta.v1.ObjectMetaArgs(
                name=f"{_REVIEWER}-token",
                namespace=namespace,
                labels=MANAGED,
                annotations={"kubernetes.io/service-account.name": _REVIEWER},
            ),
            type="kubernetes.io/service-account-token",
            opts=pulumi.ResourceOptions.merge(
                child,
                pulumi.ResourceOptions(depends_on=[made], additional_secret_outputs=["data"]),
            ),
        )
        self.token = pulumi.Output.secret(kept.data.apply(_decoded_token))
        self.register_outputs({})


def _decoded_token(data: Mapping[str, str]) -> str:
    return base64.b64decode(data["token"]).decode()
