"""A role in AWS that the pods of one service account become, by IRSA or by EKS' Pod Identity, as
the cluster has it; and the provider that makes it. What the role may do is not said here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster import iam_documents
from components.options import after
from components.settings.deployment import AwsClusterSettings, WorkloadIdentity
from policies.environments import Environment
from policies.iam import AwsAccount


@dataclass(frozen=True, slots=True)
class PodRole:
    """One that this program makes. Its ARN follows from its name, before it is made."""

    cluster: AwsClusterSettings
    name: str
    namespace: str
    service_account: str
    """Whose pods alone may become it."""

    @property
    def account(self) -> AwsAccount:
        return AwsAccount(self.cluster.account_id, self.cluster.region)

    @property
    def arn(self) -> str:
        return iam_documents.role_arn(self.account, self.name)

    @property
    def trust(self) -> str:
        """Who may become it, as an IAM document."""
        who = (self.namespace, self.service_account)
        match self.cluster.identity:
            case WorkloadIdentity.POD_IDENTITY:
                cluster = self.cluster.eks_cluster
                return iam_documents.pod_identity_trust(self.account, cluster, *who)
            case WorkloadIdentity.IRSA:
                return iam_documents.irsa_trust(self.cluster.oidc_provider_arn, *who)


def service_account_annotations(identity: WorkloadIdentity, role_arn: str) -> Mapping[str, str]:
    """What binds a service account to a role; nothing with Pod Identity, where EKS keeps it."""
    match identity:
        case WorkloadIdentity.POD_IDENTITY:
            return {}
        case WorkloadIdentity.IRSA:
            return {"eks.amazonaws.com/role-arn": role_arn}


def make_role(
    prefix: str,
    role: PodRole,
    description: str,
    opts: pulumi.ResourceOptions,
    *,
    protect: bool | None = None,
) -> aws.iam.Role:
    """The role, and with Pod Identity its association. `protect`: whether the role may not be
    deleted; None: as its parent.
    """
    made = aws.iam.Role(
        f"{prefix}-role",
        name=role.name,
        description=description,
        assume_role_policy=role.trust,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protect)),
    )
    if role.cluster.identity is WorkloadIdentity.POD_IDENTITY:
        aws.eks.PodIdentityAssociation(
            f"{prefix}-association",
            cluster_name=role.cluster.eks_cluster,
            namespace=role.namespace,
            service_account=role.service_account,
            role_arn=role.arn,
            opts=after(opts, [made]),
        )
    return made


def make_provider(
    name: str, account: AwsAccount, environment: Environment, opts: pulumi.ResourceOptions
) -> aws.Provider:
    """For one account and region, and refused in any other account."""
    return aws.Provider(
        name,
        region=account.region,
        allowed_account_ids=[account.id],
        default_tags={"tags": {"managed-by": "vaultstack", "environment": environment.value}},
        opts=opts,
    )
