"""The settings of one stack as types: what components are given. Knows nothing of where they come
from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique

import pulumi

from components.settings.audit import AuditSettings
from components.settings.delivery import DeliverySettings
from components.settings.deployment import DeploymentSettings, KubernetesSettings
from components.settings.operations import OperationsSettings
from components.settings.replication import ReplicationSettings
from components.settings.snapshots import SnapshotSettings
from components.settings.telemetry import TelemetrySettings
from policies.environments import Environment
from policies.lifetime import Duration

Secret = pulumi.Output[str]
"""A value that Pulumi keeps encrypted, and never shows."""


@unique
class Target(StrEnum):
    EXISTING = "existing"
    KUBERNETES = "kubernetes"


@unique
class Seal(StrEnum):
    SHAMIR = "shamir"
    AWSKMS = "awskms"


@unique
class ProvisionerLogin(StrEnum):
    APPROLE = "approle"
    OIDC = "oidc"


@unique
class Reviewer(StrEnum):
    POD = "pod"
    GIVEN = "given"
    CREATE = "create"


@unique
class TlsMode(StrEnum):
    """PostgreSQL's sslmode."""

    DISABLE = "disable"
    REQUIRE = "require"
    VERIFY_CA = "verify-ca"
    VERIFY_FULL = "verify-full"


@dataclass(frozen=True, slots=True)
class VaultSettings:
    address: str
    ca_cert_file: str | None


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    servers: int
    """1: file storage. 3 or 5: Raft."""
    stabilization: Duration
    """How long a new server must be healthy before it votes."""
    reconcile_interval: Duration
    """How often it is looked whether a server may vote."""

    @property
    def raft(self) -> bool:
        return self.servers > 1


@dataclass(frozen=True, slots=True)
class LimitSettings:
    """What one client may ask of Vault, so that it cannot take it from the others."""

    default_lease: Duration
    """Of a lease whose mount and role say nothing."""
    max_lease: Duration
    requests_per_second: int
    """To each server; 0: as many as it can."""


@dataclass(frozen=True, slots=True)
class ProvisionerCredentials:
    role_id: str
    secret_id: Secret


@dataclass(frozen=True, slots=True)
class CiLoginSettings:
    """The runs of CI that are the provisioner: by what their own OIDC tokens say, exactly."""

    issuer: str
    audience: str
    repository: str
    """`owner/name`."""
    environments: tuple[str, ...]
    """Of CI, not of this program: what a run had to be allowed to enter."""
    attest_environments: tuple[str, ...] = ()
    """Those whose runs may only look (`python -m attest`); empty: none."""
    attest_acl_policy: str = ""


@dataclass(frozen=True, slots=True)
class BootstrapSettings:
    seal: Seal
    shares: int
    threshold: int
    pgp_keys: tuple[str, ...]
    timeout: Duration
    adopted: ProvisionerCredentials | None
    """None: this program initialises Vault and makes its own provisioner."""
    secret_id_ttl: Duration
    bound_cidrs: tuple[str, ...]
    ci: CiLoginSettings | None
    """None: the provisioner logs in with an AppRole secret ID that the state keeps."""


@dataclass(frozen=True, slots=True)
class KubernetesAuthSettings:
    host: str
    ca_cert: str | None
    reviewer: Reviewer
    reviewer_token: Secret | None
    reviewer_namespace: str
    cluster: KubernetesSettings
    """Where the reviewer is made."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    discovery_url: str
    client_id: str
    client_secret: Secret
    groups_claim: str
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KvSettings:
    max_versions: int | None
    """None: the engine is another stack's."""
    values: Mapping[str, Mapping[str, Secret]]
    """Path -> key -> value, of the entries that somebody else issued."""
    obeyed: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Path -> those of its keys whose value a shell would obey between double quotes."""


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    host: str
    port: int
    tls: TlsMode
    ca_cert: str | None
    username: str
    """The administrator's name, in which `{database}` stands for the database's."""
    passwords: Mapping[str, Secret]
    rotate_root: bool


@dataclass(frozen=True, slots=True)
class AwsSettings:
    access_key_id: Secret | None
    secret_access_key: Secret | None
    role_arns: Mapping[str, str]
    endpoint: str | None
    rotate_root: bool
    """Whether a scheduled job changes the key, so that the configured one is soon no key any more.
    """


@dataclass(frozen=True, slots=True)
class GcpSettings:
    credentials: Secret | None


@dataclass(frozen=True, slots=True)
class AzureSettings:
    subscription_id: str
    tenant_id: str
    client_id: str | None
    client_secret: Secret | None


@dataclass(frozen=True, slots=True)
class PkiSettings:
    root_ttl: Duration
    intermediate_ttl: Duration
    organization: str
    url: str


@dataclass(frozen=True, slots=True)
class Settings:
    environment: Environment
    target: Target
    protect: bool
    vault: VaultSettings
    cluster: ClusterSettings
    deployment: DeploymentSettings | None
    """None: the Vault is there already."""
    limits: LimitSettings
    audit: AuditSettings
    bootstrap: BootstrapSettings
    kubernetes_auth: KubernetesAuthSettings
    oidc: OidcSettings | None
    kv: KvSettings
    database: DatabaseSettings | None
    aws: AwsSettings | None
    gcp: GcpSettings | None
    azure: AzureSettings | None
    pki: PkiSettings
    delivery: DeliverySettings | None
    """None: no secret is brought to a pod."""
    operations: OperationsSettings | None
    """None: nobody runs the scheduled jobs."""
    snapshots: SnapshotSettings | None
    """None: nobody takes snapshots."""
    telemetry: TelemetrySettings | None
    """None: nobody fetches the servers' metrics."""
    replication: ReplicationSettings | None
    """None: nobody keeps a copy of this Vault."""
    team_stacks: tuple[str, ...] = ()
    """The teams whose slices of the plan stacks of their own make."""


@dataclass(frozen=True, slots=True)
class TeamSettings:
    """Of a team's stack, in a Vault that another stack has set up."""

    environment: Environment
    team: str
    protect: bool
    vault: VaultSettings
    credentials: ProvisionerCredentials | None
    """None: runs of CI log in with their own token."""
    kv: KvSettings
