"""Reads and validates how workloads and people log in."""

from __future__ import annotations

import pulumi

from components.settings.deployment import KubernetesSettings
from components.settings.model import KubernetesAuthSettings, OidcSettings, Reviewer
from components.settings.reader import NAMESPACE, ConfigReader
from components.settings.secret import encrypted
from policies.environments import Environment


def read_kubernetes_auth(
    read: ConfigReader, environment: Environment, cluster: KubernetesSettings
) -> KubernetesAuthSettings:
    reviewer = read.choice("kubernetesReviewer", Reviewer, Reviewer.POD)
    token = read.secret("kubernetesReviewerToken")
    if reviewer is Reviewer.CREATE and not cluster.context and read.sound("kubernetesContext"):
        read.problem(
            "kubernetesContext",
            "is needed where kubernetesReviewer is 'create', or whatever cluster happens to be "
            "current would be given a token reviewer",
            f"pulumi config set {NAMESPACE}:kubernetesContext <name in the kubeconfig>",
        )
    if token and reviewer is not Reviewer.GIVEN and read.sound("kubernetesReviewer"):
        read.problem(
            "kubernetesReviewerToken",
            f"must not be given where kubernetesReviewer is {reviewer.value!r}: nothing uses it",
            f"pulumi config set {NAMESPACE}:kubernetesReviewer given, or remove the token",
        )
    if reviewer is Reviewer.GIVEN and not token:
        pulumi.log.warn(
            "workloads cannot log in yet: the token with which Vault has theirs reviewed is not "
            f"given; pulumi config set --secret {NAMESPACE}:kubernetesReviewerToken"
        )
    return KubernetesAuthSettings(
        host=read.secure_url("kubernetesHost", plain_allowed=environment is Environment.DEV),
        ca_cert=read.text("kubernetesCaCert") or None,
        reviewer=reviewer,
        reviewer_token=encrypted(token) if token else None,
        reviewer_namespace=read.text("kubernetesReviewerNamespace"),
        cluster=cluster,
    )


def read_oidc(read: ConfigReader, environment: Environment) -> OidcSettings | None:
    discovery_url, client_id = (
        read.secure_url("oidcDiscoveryUrl", plain_allowed=environment is Environment.DEV),
        read.text("oidcClientId"),
    )
    client_secret = read.secret("oidcClientSecret")
    groups_claim, scopes = read.text("oidcGroupsClaim"), read.strings("oidcScopes")
    redirect_uris = read.strings("oidcRedirectUris")
    if not discovery_url:
        return None
    if not client_id:
        read.problem(
            "oidcClientId",
            "is needed with oidcDiscoveryUrl",
            f"pulumi config set {NAMESPACE}:oidcClientId <id>",
        )
    if not client_secret:
        pulumi.log.warn(
            "people cannot log in yet: the OIDC client secret is not given; "
            f"pulumi config set --secret {NAMESPACE}:oidcClientSecret"
        )
        return None
    return OidcSettings(
        discovery_url, client_id, encrypted(client_secret), groups_claim, scopes, redirect_uris
    )
