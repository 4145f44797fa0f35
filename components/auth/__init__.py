"""Who can log in to Vault: one component for each auth method."""

from components.auth.approle import AppRoleAuth, AppRoleAuthArgs
from components.auth.kubernetes import KubernetesAuth, KubernetesAuthArgs
from components.auth.oidc import OidcAuth, OidcAuthArgs
from components.auth.reviewer import TokenReviewer, reviewer_token

__all__ = [
    "AppRoleAuth",
    "AppRoleAuthArgs",
    "KubernetesAuth",
    "KubernetesAuthArgs",
    "OidcAuth",
    "OidcAuthArgs",
    "TokenReviewer",
    "reviewer_token",
]
