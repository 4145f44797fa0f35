"""What the job needs of AWS: a role that may put snapshots and nothing else, and a second bucket.

The first bucket comes with the servers (`components.cluster.aws`); who may write there comes here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.cluster import iam_documents
from components.cluster.bucket import bucket_name, make_bucket
from components.cluster.pod_role import (
    PodRole,
    make_provider,
    make_role,
    service_account_annotations,
)
from components.operations.snapshots import layout as names
from components.settings import SnapshotSettings
from components.settings.deployment import AwsClusterSettings
from policies.environments import Environment
from policies.iam import AwsAccount
from policies.plan import KubernetesRole


@dataclass(frozen=True)
class SnapshotStoreArgs:
    cluster: AwsClusterSettings
    snapshots: SnapshotSettings
    environment: Environment
    role: KubernetesRole
    """Whose service account alone becomes the role in AWS."""
    protect: bool


class SnapshotStore(pulumi.ComponentResource):
    """The job's IAM role, and a bucket in a second region where the settings name one. What is
    given is neither made nor changed: a given role must trust the service account, and may do what
    `iam_documents.put_only` says.

    The role may put new objects. It cannot read, list or delete any: who takes over the job has no
    snapshot by it but those that it takes itself. Nothing here says who may read them: that is who
    restores, by a role of their own, under the account's own rules.
    """

    buckets: Mapping[str, str]
    """Name -> region, the first one first."""
    service_account_annotations: Mapping[str, str]
    """What binds the service account to the role; nothing with Pod Identity, where EKS keeps it."""

    def __init__(
        self, name: str, args: SnapshotStoreArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:operations:SnapshotStore", name, None, opts)
        cluster, settings = args.cluster, args.snapshots
        own = PodRole(
            cluster,
            f"vault-{args.environment.value}-snapshots",
            args.role.namespace,
            args.role.service_account,
        )
        account = own.account
        first = cluster.snapshot_bucket or bucket_name(args.environment, account)
        self.buckets = buckets = {first: cluster.region}
        if settings.second:
            elsewhere = AwsAccount(account.id, settings.second.region)
            second = settings.second.bucket or bucket_name(args.environment, elsewhere)
            buckets[second] = elsewhere.region
            if settings.second.bucket is None:
                _second_bucket(self, f"{name}-second", args, elsewhere, second)
        role_arn = settings.role_arn or own.arn
        self.service_account_annotations = service_account_annotations(cluster.identity, role_arn)
        if settings.role_arn is None:
            _role(self, name, args, own)
        self.register_outputs({"buckets": dict(buckets), "roleArn": role_arn})


def _role(store: SnapshotStore, prefix: str, args: SnapshotStoreArgs, role: PodRole) -> None:
    provider = _provider(store, prefix, args, role.account)
    child = pulumi.ResourceOptions(parent=store, provider=provider)
    what = f"Vault's snapshots in {args.environment.value}: put them"
    made = make_role(prefix, role, what, child)
    aws.iam.RolePolicy(
        f"{prefix}-permission",
        name="put-snapshots",
        role=made.name,
        policy=iam_documents.put_only(store.buckets, names.PREFIX),
        opts=child,
    )


def _second_bucket(
    store: SnapshotStore, prefix: str, args: SnapshotStoreArgs, account: AwsAccount, name: str
) -> None:
    provider = _provider(store, prefix, args, account)

    def kept(*needed: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=store, provider=provider, depends_on=list(needed), protect=args.protect
        )

    make_bucket(prefix, name, account, args.cluster.snapshot_retention, kept)


def _provider(
    store: SnapshotStore, prefix: str, args: SnapshotStoreArgs, account: AwsAccount
) -> aws.Provider:
    own = pulumi.ResourceOptions(parent=store)
    return make_provider(f"{prefix}-provider", account, args.environment, own)
