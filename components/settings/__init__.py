"""Typed, validated settings of one stack."""

from components.settings.audit import AuditCollector, AuditSettings
from components.settings.delivery import (
    AuthoritySettings,
    CsiSettings,
    DeliverySettings,
    FailurePolicy,
    InjectorSettings,
    ServingSettings,
)
from components.settings.deployment import (
    AwsClusterSettings,
    CertificateSettings,
    DeploymentSettings,
    Exposure,
    ExposureSettings,
    IssuerKind,
    IssuerReference,
    KubernetesSettings,
    NetworkSettings,
    SizeSettings,
    WorkloadIdentity,
)
from components.settings.engines import (
    AwsSettings,
    AzureSettings,
    DatabaseSettings,
    GcpSettings,
    KvSettings,
    PkiSettings,
    TlsMode,
)
from components.settings.loading import load
from components.settings.loading_team import load_team
from components.settings.model import (
    BootstrapSettings,
    CiLoginSettings,
    ClusterSettings,
    KubernetesAuthSettings,
    LimitSettings,
    OidcSettings,
    ProvisionerCredentials,
    ProvisionerLogin,
    Reviewer,
    Seal,
    Settings,
    Target,
    TeamSettings,
    VaultSettings,
)
from components.settings.operations import OperationsSettings
from components.settings.quantity import Bytes, Cpu
from components.settings.reader import NAMESPACE, SettingsError
from components.settings.replication import ReplicationRole, ReplicationSettings
from components.settings.secret import Secret
from components.settings.snapshots import GcsSettings, SecondRegionSettings, SnapshotSettings
from components.settings.telemetry import TelemetrySettings

__all__ = [
    "NAMESPACE",
    "AuditCollector",
    "AuditSettings",
    "AuthoritySettings",
    "AwsClusterSettings",
    "AwsSettings",
    "AzureSettings",
    "BootstrapSettings",
    "Bytes",
    "CertificateSettings",
    "CiLoginSettings",
    "ClusterSettings",
    "Cpu",
    "CsiSettings",
    "DatabaseSettings",
    "DeliverySettings",
    "DeploymentSettings",
    "Exposure",
    "ExposureSettings",
    "FailurePolicy",
    "GcpSettings",
    "GcsSettings",
    "InjectorSettings",
    "IssuerKind",
    "IssuerReference",
    "KubernetesAuthSettings",
    "KubernetesSettings",
    "KvSettings",
    "LimitSettings",
    "NetworkSettings",
    "OidcSettings",
    "OperationsSettings",
    "PkiSettings",
    "ProvisionerCredentials",
    "ProvisionerLogin",
    "ReplicationRole",
    "ReplicationSettings",
    "Reviewer",
    "Seal",
    "SecondRegionSettings",
    "Secret",
    "ServingSettings",
    "Settings",
    "SettingsError",
    "SizeSettings",
    "SnapshotSettings",
    "Target",
    "TeamSettings",
    "TelemetrySettings",
    "TlsMode",
    "VaultSettings",
    "WorkloadIdentity",
    "load",
    "load_team",
]
