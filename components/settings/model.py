"""The settings of one stack as types: what components are given. Knows nothing of where they come
from.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from components.settings.audit import AuditSettings
from components.settings.delivery import DeliverySettings
from components.settings.deployment import DeploymentSettings, KubernetesSettings
from components.settings.engines import (
    AwsSettings,
    AzureSettings,
    DatabaseSettings,
    GcpSettings,
    KvSettings,
    PkiSettings,
)
from components.settings.operations import OperationsSettings
from components.settings.replication import ReplicationSettings
from components.settings.secret import Secret
from components.settings.snapshots import SnapshotSettings
from components.settings.telemetry import TelemetrySettings
from policies.environments import Environment
from policies.lifetime import Duration


@unique
class Target(StrEnum):
    """Where the Vault comes from: it is there already, or this program deploys its servers."""

    EXISTING = "existing"
    KUBERNETES = "kubernetes"


@unique
class Seal(StrEnum):
    """What unseals Vault: shares of a key, that somebody has to give after every start, or AWS KMS.
    The shares that `init` makes are recovery shares then, and unseal nothing.
    """

    SHAMIR = "shamir"
    AWSKMS = "awskms"


@unique
class ProvisionerLogin(StrEnum):
    """How this program comes into Vault: with a secret ID that the state keeps, or with the OIDC
    token of each run of CI, so that nothing is kept.
    """

    APPROLE = "approle"
    OIDC = "oidc"


@unique
class Reviewer(StrEnum):
    """As whom Vault asks Kubernetes whether a service account's token is good: as its own pod, with
    a token that is given, or as a service account that this program makes.
    """

    POD = "pod"
    GIVEN = "given"
    CREATE = "create"


@dataclass(frozen=True, slots=True)
class VaultSettings:
    """How this program reaches Vault's API: a URL, and the file (PEM) with the CAs that signed its
    certificate; None: the public ones. Where servers are deployed and no address is given, it is
    theirs.
    """

    address: str
    ca_cert_file: str | None


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """How many servers share the data, and when Raft lets a new one vote."""

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
    """An AppRole credential that somebody made in a Vault that is there. It is given as a whole or
    not at all; an adoption exchanges it for one of its own.
    """

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
    """How first contact goes: the seal and its shares, or the credential that was given; and what
    becomes of the provisioner's credential then.
    """

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
    """How Vault reaches the API server, and as whom it asks there. The token goes with `given`;
    without it nobody can log in yet.
    """

    host: str
    ca_cert: str | None
    reviewer: Reviewer
    reviewer_token: Secret | None
    reviewer_namespace: str
    cluster: KubernetesSettings
    """Where the reviewer is made."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """Vault's client at the identity provider of people. There is none (`Settings.oidc`) until its
    secret is given, too.
    """

    discovery_url: str
    client_id: str
    client_secret: Secret
    groups_claim: str
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the stack file says, checked: what is in here makes sense together. None stands for
    a part that is turned off. Who may do what is not in here: that is the matrix'.
    """

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
