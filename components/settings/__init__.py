"""Typed, validated settings of one stack."""

from components.settings.loading import NAMESPACE, load
from components.settings.model import (
    AwsSettings,
    AzureSettings,
    BootstrapSettings,
    ClusterSettings,
    DatabaseSettings,
    GcpSettings,
    KubernetesAuthSettings,
    KvSettings,
    OidcSettings,
    PkiSettings,
    ProvisionerCredentials,
    Reviewer,
    Seal,
    Secret,
    Settings,
    Target,
    TlsMode,
    VaultSettings,
)
from components.settings.reader import SettingsError

__all__ = [
    "NAMESPACE",
    "AwsSettings",
    "AzureSettings",
    "BootstrapSettings",
    "ClusterSettings",
    "DatabaseSettings",
    "GcpSettings",
    "KubernetesAuthSettings",
    "KvSettings",
    "OidcSettings",
    "PkiSettings",
    "ProvisionerCredentials",
    "Reviewer",
    "Seal",
    "Secret",
    "Settings",
    "SettingsError",
    "Target",
    "TlsMode",
    "VaultSettings",
    "load",
]
