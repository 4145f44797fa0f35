"""What the servers need of AWS: the key that seals them, the role that their pods become, and the
bucket for snapshots.
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
from components.settings.deployment import AwsClusterSettings
from policies.environments import Environment
from policies.iam import AwsAccount


@dataclass(frozen=True)
class AwsFoundationArgs:
    settings: AwsClusterSettings
    environment: Environment
    namespace: str
    service_account: str
    """The pods': it alone may become the role."""
    protect: bool


class AwsFoundation(pulumi.ComponentResource):
    """The seal's KMS key with an alias, the servers' IAM role, and the snapshot bucket.

    Each may be given by the settings, and is then neither made nor changed: a given key's policy
    must let the role use it, a given role must trust the service account (with Pod Identity its
    association is its owner's as well), a given bucket is as its owner set it. If all are given,
    nothing here speaks to AWS. An own key's policy names the role and nobody else as its user.

    The role may only seal and unseal. Deliberately nobody is given a right to the bucket: the pods
    that hold the key should not hold the backups, and who writes those comes with the snapshots.
    The bucket is encrypted with S3's own keys: a snapshot is already encrypted by Vault, so a
    second KMS key would protect nothing more and be one more thing to lose, and the seal's would
    have to be lent to whoever writes backups.

    All names follow from the environment and the account, so that the policies, the servers'
    configuration and the service account are plain text in a preview. A preview needs read access
    to the account. What depends on this component waits for all of it.
    """

    seal_key_id: str
    """The key as the seal's configuration names it: an own one by its alias, a given one by its
    ARN. KMS takes either, and what it encrypted it decrypts without being told the key."""
    role_arn: str
    snapshot_bucket: str
    service_account_annotations: Mapping[str, str]
    """What binds the service account to the role; nothing with Pod Identity, where EKS keeps it."""

    def __init__(
        self, name: str, args: AwsFoundationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:cluster:AwsFoundation", name, None, opts)
        settings, environment = args.settings, args.environment.value
        own = PodRole(settings, f"vault-{environment}-seal", args.namespace, args.service_account)
        account = own.account
        self.role_arn = settings.role_arn or own.arn
        self.seal_key_id = settings.kms_key_arn or f"alias/vault-{environment}-seal"
        self.snapshot_bucket = settings.snapshot_bucket or bucket_name(args.environment, account)
        self.service_account_annotations = service_account_annotations(
            settings.identity, self.role_arn
        )
        if None in (settings.kms_key_arn, settings.role_arn, settings.snapshot_bucket):
            parts = _Parts(self, name, args, account)
            role = parts.role(own) if settings.role_arn is None else None
            key_arn = settings.kms_key_arn or parts.key(role)
            if role is not None:
                parts.allow(role, key_arn)
            if settings.snapshot_bucket is None:
                parts.bucket()
        self.register_outputs(
            {
                "sealKeyId": self.seal_key_id,
                "roleArn": self.role_arn,
                "snapshotBucket": self.snapshot_bucket,
            }
        )


class _Parts:
    """Declares the component's children, with a provider of their own for the one account and
    region in which they may be.
    """

    def __init__(
        self, parent: AwsFoundation, prefix: str, args: AwsFoundationArgs, account: AwsAccount
    ) -> None:
        self._parent, self._prefix = parent, prefix
        self._args, self._account = args, account
        self._provider = make_provider(
            f"{prefix}-provider",
            account,
            args.environment,
            pulumi.ResourceOptions(parent=parent),
        )

    def role(self, role: PodRole) -> aws.iam.Role:
        """Protected, as a key's policy means the role that was there, not one made anew with the
        same name: Vault would stay sealed until the policy is written again.
        """
        what = f"Vault's servers in {self._args.environment.value}: seal and unseal"
        return make_role(self._prefix, role, what, self._child(), protect=self._args.protect)

    def key(self, role: aws.iam.Role | None) -> pulumi.Output[str]:
        """The key, with its alias; its ARN. KMS takes no policy that names a role which does not
        exist yet, so an own one comes first.
        """
        key = aws.kms.Key(
            f"{self._prefix}-key",
            description=f"Seals Vault in {self._args.environment.value}",
            enable_key_rotation=True,
            deletion_window_in_days=self._args.settings.kms_deletion_window_days,
            policy=iam_documents.key_policy(self._account, self._parent.role_arn),
            opts=self._kept(*([role] if role else [])),
        )
        aws.kms.Alias(
            f"{self._prefix}-alias",
            name=self._parent.seal_key_id,
            target_key_id=key.key_id,
            opts=self._kept(),
        )
        return key.arn

    def allow(self, role: aws.iam.Role, key_arn: pulumi.Input[str]) -> None:
        aws.iam.RolePolicy(
            f"{self._prefix}-permission",
            name="seal",
            role=role.name,
            policy=pulumi.Output.from_input(key_arn).apply(iam_documents.seal_policy),
            opts=self._child(),
        )

    def bucket(self) -> None:
        make_bucket(
            self._prefix,
            self._parent.snapshot_bucket,
            self._account,
            self._args.settings.snapshot_retention,
            self._kept,
        )

    def _child(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(
            parent=self._parent, provider=self._provider, depends_on=list(after)
        )

    def _kept(self, *after: pulumi.Resource) -> pulumi.ResourceOptions:
        """Of what cannot be lost without losing, or opening, what it guards."""
        return pulumi.ResourceOptions.merge(
            self._child(*after), pulumi.ResourceOptions(protect=self._args.protect)
        )
