"""HashiCorp Vault for applications: secrets and credentials that are fresh, renewed in the
background, and there while Vault is away.
"""

from vaultstack_client.aio import AsyncVaultClient
from vaultstack_client.client import VaultClient
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
from vaultstack_client.settings import ClientSettings, Timing

__all__ = [
    "AppRoleLogin",
    "AsyncVaultClient",
    "AwsCredentials",
    "AzureCredentials",
    "CannotVerify",
    "Certificate",
    "ClientClosed",
    "ClientSettings",
    "ConfigurationError",
    "DatabaseCredentials",
    "GcpToken",
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
    "StaticDatabaseCredentials",
    "Status",
    "Timing",
    "TokenLogin",
    "Unavailable",
    "VaultClient",
    "VaultClientError",
]
