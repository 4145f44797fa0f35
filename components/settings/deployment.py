"""What `target: kubernetes` is told of the cluster it deploys, as types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique

from components.settings.quantity import Bytes, Cpu
from policies.lifetime import Duration

API_PORT = 8200


@unique
class WorkloadIdentity(StrEnum):
    """How a pod on EKS becomes an IAM role."""

    IRSA = "irsa"
    POD_IDENTITY = "pod-identity"


@unique
class Exposure(StrEnum):
    """How Vault is reached from outside the Kubernetes cluster."""

    NONE = "none"
    LOAD_BALANCER = "load-balancer"
    INGRESS = "ingress"


@unique
class IssuerKind(StrEnum):
    """Of cert-manager."""

    ISSUER = "Issuer"
    CLUSTER_ISSUER = "ClusterIssuer"


@dataclass(frozen=True, slots=True)
class KubernetesSettings:
    """Which Kubernetes cluster, and where in it."""

    kubeconfig: str | None
    """A file; None: what `KUBECONFIG` or the home folder says."""
    context: str
    namespace: str
    domain: str
    """DNS domain of the cluster's services, `cluster.local` unless it was changed."""

    @property
    def service_address(self) -> str:
        """Of the deployed servers, from within the cluster, wherever the outside enters."""
        return f"https://vault.{self.namespace}.svc.{self.domain}:{API_PORT}"

    @property
    def leader_address(self) -> str:
        """Of the one of them that leads, for what only it answers."""
        return f"https://vault-active.{self.namespace}.svc.{self.domain}:{API_PORT}"


@dataclass(frozen=True, slots=True)
class SizeSettings:
    """Of one server."""

    cpu: Cpu
    """Asked for. There is no limit: throttling a leader makes it lose elections."""
    memory: Bytes
    """Asked for, and the limit."""
    data: Bytes
    audit: Bytes
    storage_class: str | None
    """None: the cluster's default one."""


@dataclass(frozen=True, slots=True)
class IssuerReference:
    """What of cert-manager signs a certificate. An Issuer is looked for in the certificate's own
    namespace.
    """

    kind: IssuerKind
    name: str


@dataclass(frozen=True, slots=True)
class CertificateSettings:
    """Where the servers' certificate comes from: cert-manager, or a Secret that is kept elsewhere.
    Exactly one is given.
    """

    issuer: IssuerReference | None
    secret: str | None


@dataclass(frozen=True, slots=True)
class ExposureSettings:
    """By which way and name the outside reaches the servers. With a way the name is there: it must
    be in their certificate.
    """

    kind: Exposure
    host_name: str | None
    """The DNS name by which the outside knows Vault."""
    load_balancer_class: str
    """Whose load balancer it is."""
    ingress_class: str | None
    annotations: Mapping[str, str]
    """For the load balancer's or the ingress' controller."""


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Who may reach the servers besides the plan's workloads, and whom the servers may reach. CIDRs
    throughout: a NetworkPolicy knows no names.
    """

    client_namespaces: tuple[str, ...]
    client_cidrs: tuple[str, ...]
    dns_cidrs: tuple[str, ...]
    """Besides the DNS servers in kube-system."""
    api_server_cidrs: tuple[str, ...]
    database_cidrs: tuple[str, ...]
    https_cidrs: tuple[str, ...]
    """KMS, STS, IAM, the identity provider, other clouds: TCP 443."""


@dataclass(frozen=True, slots=True)
class AwsClusterSettings:
    """What the servers need of AWS. What is given is not made."""

    account_id: str
    region: str
    identity: WorkloadIdentity
    oidc_provider_arn: str
    """IRSA: the Kubernetes cluster's identity provider; empty otherwise."""
    eks_cluster: str
    """Pod Identity: the Kubernetes cluster's name; empty otherwise."""
    kms_key_arn: str | None
    role_arn: str | None
    snapshot_bucket: str | None
    kms_deletion_window_days: int
    """7 to 30."""
    snapshot_retention: Duration
    kms_endpoint: str | None
    """URL of KMS where it is not AWS's public one, such as a VPC endpoint."""


@dataclass(frozen=True, slots=True)
class DeploymentSettings:
    """The servers on Kubernetes."""

    kubernetes: KubernetesSettings
    image: str
    priority_class: str | None
    size: SizeSettings
    certificate: CertificateSettings
    exposure: ExposureSettings
    network: NetworkSettings
    aws: AwsClusterSettings | None
    """None where no KMS seals."""

    @property
    def address(self) -> str:
        """Where Vault's API is, unless the stack knows a better way to it."""
        match self.exposure.kind:
            case Exposure.NONE:
                return self.kubernetes.service_address
            case Exposure.LOAD_BALANCER:
                return f"https://{self.exposure.host_name}:{API_PORT}"
            case Exposure.INGRESS:
                return f"https://{self.exposure.host_name}"
