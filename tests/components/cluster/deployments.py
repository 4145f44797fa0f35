"""Deployments for the tests of the servers on Kubernetes, built by hand: what is tested is what is
made of them, not how they are read.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

import pulumi

from components.cluster.layout import Layout
from components.settings import (
    AwsClusterSettings,
    Bytes,
    CertificateSettings,
    ClusterSettings,
    Cpu,
    DeploymentSettings,
    Exposure,
    ExposureSettings,
    IssuerKind,
    IssuerReference,
    KubernetesSettings,
    LimitSettings,
    NetworkSettings,
    SizeSettings,
    WorkloadIdentity,
)
from policies.lifetime import Duration
from tests.recording import Recording, Runner

ISSUER: Final = IssuerReference(IssuerKind.CLUSTER_ISSUER, "platform")
NLB: Final = "service.k8s.aws/nlb"
NETWORK: Final = NetworkSettings(
    client_namespaces=("ingress",),
    client_cidrs=("10.1.0.0/16",),
    dns_cidrs=("169.254.20.10/32",),
    api_server_cidrs=("10.2.0.0/16",),
    database_cidrs=("10.3.0.0/16",),
    https_cidrs=("0.0.0.0/0",),
)
AWS: Final = AwsClusterSettings(
    account_id="222222222222",
    region="eu-west-1",
    identity=WorkloadIdentity.IRSA,
    oidc_provider_arn="arn:aws:iam::222222222222:oidc-provider/oidc.eks.example/id/1",
    eks_cluster="",
    kms_key_arn=None,
    role_arn=None,
    snapshot_bucket=None,
    kms_deletion_window_days=30,
    snapshot_retention=Duration.parse("90d"),
    kms_endpoint=None,
)
DEPLOYMENT: Final = DeploymentSettings(
    kubernetes=KubernetesSettings(None, "cluster-staging", "vault", "cluster.local"),
    image="docker.io/hashicorp/vault:1.21.0",
    priority_class=None,
    size=SizeSettings(
        Cpu.parse("500m"), Bytes.parse("1Gi"), Bytes.parse("10Gi"), Bytes.parse("20Gi"), "disks"
    ),
    certificate=CertificateSettings(ISSUER, None),
    exposure=ExposureSettings(Exposure.NONE, None, NLB, None, {}),
    network=NETWORK,
    aws=AWS,
)
LIMITS: Final = LimitSettings(Duration.parse("1h"), Duration.parse("768h"), 0)
ONE: Final = ClusterSettings(1, Duration.parse("10s"), Duration.parse("10s"))
THREE: Final = dataclasses.replace(ONE, servers=3)
LAYOUT: Final = Layout.of(DEPLOYMENT, 3)
ALONE: Final = Layout.of(DEPLOYMENT, 1)


def exposed(kind: Exposure, **annotations: str) -> ExposureSettings:
    ingress_class = "nginx" if kind is Exposure.INGRESS else None
    return ExposureSettings(kind, "vault.example.com", NLB, ingress_class, annotations)


def deployed(**changed: Any) -> DeploymentSettings:
    return dataclasses.replace(DEPLOYMENT, **changed)


def record(
    run: Runner, make: Callable[[pulumi.ResourceOptions], object], *, preview: bool = False
) -> Recording:
    """What a function declares that makes resources under a component."""
    return run(lambda: make(pulumi.ResourceOptions()), preview=preview)
