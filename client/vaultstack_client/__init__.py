"""HashiCorp Vault for applications: secrets and credentials that are fresh, renewed in the
background, and there while Vault is away.
"""

from vaultstack_client.aio import AsyncVaultClient
from vaultstack_client.client import VaultClient
from vaultstack_client.development import DevelopmentSources
from vaultstack_client.errors import (
    CannotVerify,
    ClientClosed,
    ConfigurationError,
    LeaseExpired,
    LoginFailed,
    LoginUndecided,
    MissingKey,
    NotAllowed,
    NotFound,
    Refused,
    SecretDestroyed,
    Unavailable,
    VaultClientError,
)
from vaultstack_client.groups import Group
from vaultstack_client.login import AppRoleLogin, KubernetesLogin, Login, TokenLogin
from vaultstack_client.results import (
    AwsCredentials,
    AzureCredentials,
    Certificate,
    DatabaseCredentials,
    GcpToken,
    Secret,
    StaticDatabaseCredentials,
    Status,
)
from vaultstack_client.settings import ClientSettings
from vaultstack_client.sources import AsyncSources, Sources
from vaultstack_client.timing import Timing

__all__ = [
    "AppRoleLogin",
    "AsyncSources",
    "AsyncVaultClient",
    "AwsCredentials",
    "AzureCredentials",
    "CannotVerify",
    "Certificate",
    "ClientClosed",
    "ClientSettings",
    "ConfigurationError",
    "DatabaseCredentials",
    "DevelopmentSources",
    "GcpToken",
    "Group",
    "KubernetesLogin",
    "LeaseExpired",
    "Login",
    "LoginFailed",
    "LoginUndecided",
    "MissingKey",
    "NotAllowed",
    "NotFound",
    "Refused",
    "Secret",
    "SecretDestroyed",
    "Sources",
    "StaticDatabaseCredentials",
    "Status",
    "Timing",
    "TokenLogin",
    "Unavailable",
    "VaultClient",
    "VaultClientError",
]
