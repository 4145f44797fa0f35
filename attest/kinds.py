"""The kinds of things that are compared, by what people call them, and where Vault keeps them."""

from __future__ import annotations

from enum import Enum, unique

from policies import inspection, paths


@unique
class Kind(Enum):
    """`title` names one, `where` is the folder that its name stands in."""

    MOUNT = ("mount", inspection.MOUNTS)
    AUTH = ("auth mount", inspection.AUTH_MOUNTS)
    ACL_POLICY = ("ACL policy", inspection.ACL_POLICIES)
    KUBERNETES_ROLE = ("Kubernetes role", f"auth/{paths.KUBERNETES_AUTH}/role")
    APPROLE_ROLE = ("AppRole role", f"auth/{paths.APPROLE_AUTH}/role")
    OIDC_ROLE = ("OIDC role", f"auth/{paths.OIDC_AUTH}/role")
    PROVISIONER_ROLE = ("provisioner role", f"auth/{paths.PROVISIONER_AUTH}/role")
    CI_ROLE = ("CI role", f"auth/{paths.CI_AUTH}/role")
    TOKEN_ROLE = ("token role", inspection.TOKEN_ROLES)
    SETTING = ("setting", "")
    """Of a mount as a whole, by its path."""
    CONNECTION = ("database connection", inspection.CONNECTIONS)
    DATABASE_ROLE = ("database role", f"{paths.DATABASE}/roles")
    STATIC_ROLE = ("static database role", f"{paths.DATABASE}/static-roles")
    AWS_ROLE = ("AWS role", f"{paths.AWS}/roles")
    AWS_STATIC_ROLE = ("static AWS role", f"{paths.AWS}/static-roles")
    GCP_ACCOUNT = ("Google impersonation", f"{paths.GCP}/impersonated-accounts")
    GCP_ROLESET = ("Google role set", f"{paths.GCP}/rolesets")
    GCP_STATIC = ("Google static account", f"{paths.GCP}/static-accounts")
    AZURE_ROLE = ("Azure role", f"{paths.AZURE}/roles")
    PKI_ROLE = ("certificate role", f"{paths.PKI}/roles")
    PKI_ROOT_ROLE = ("certificate role of the root", f"{paths.PKI_ROOT}/roles")
    ISSUER = ("certificate issuer", f"{paths.PKI}/issuers")
    ROOT_ISSUER = ("certificate issuer of the root", f"{paths.PKI_ROOT}/issuers")
    OIDC_KEY = ("key of Vault's own OIDC", f"{inspection.OIDC_PROVIDER}/key")
    OIDC_TOKEN_ROLE = ("role of Vault's own OIDC", f"{inspection.OIDC_PROVIDER}/role")
    OIDC_PROVIDER = ("provider of Vault's own OIDC", f"{inspection.OIDC_PROVIDER}/provider")
    OIDC_CLIENT = ("client of Vault's own OIDC", f"{inspection.OIDC_PROVIDER}/client")
    OIDC_ASSIGNMENT = ("assignment of Vault's own OIDC", f"{inspection.OIDC_PROVIDER}/assignment")
    OIDC_SCOPE = ("scope of Vault's own OIDC", f"{inspection.OIDC_PROVIDER}/scope")
    PASSWORD_POLICY = ("password policy", inspection.PASSWORD_POLICIES)
    ENTITY = ("entity", inspection.ENTITIES)
    GROUP = ("group", inspection.GROUPS)
    RATE_LIMIT = ("rate limit", inspection.RATE_LIMITS)
    LEASE_LIMIT = ("limit of leases", inspection.LEASE_LIMITS)
    UI_HEADER = ("header of the UI", inspection.UI_HEADERS)
    AUDIT_DEVICE = ("audit device", inspection.AUDIT)
    TOKEN = ("token", inspection.ACCESSORS)

    def __init__(self, title: str, where: str) -> None:
        self.title, self.where = title, where

    def path(self, name: str) -> str:
        """Of one of this kind."""
        return f"{self.where}/{name}" if self.where else name


FOLDERS = tuple(
    kind
    for kind in Kind
    if kind
    not in (
        Kind.MOUNT,
        Kind.AUTH,
        Kind.SETTING,
        Kind.AUDIT_DEVICE,
        Kind.TOKEN,
        Kind.ENTITY,
        Kind.GROUP,
        Kind.ISSUER,
        Kind.ROOT_ISSUER,
    )
)
"""Those that are compared name by name with what is declared, from a folder's list."""
