"""AWS credentials that end with their lease."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_vault as vault

from components.settings import AwsSettings
from policies.paths import AWS
from policies.plan import AwsRole
from policies.standing import ENGINES

# All that the provider writes in one request with the key. A changed region would bring the
# configured key back, which AWS does not know any more.
_OF_THE_KEY: Final = (
    "accessKey",
    "secretKey",
    "region",
    "iamEndpoint",
    "stsEndpoint",
    "stsRegion",
)


@dataclass(frozen=True)
class AwsEngineArgs:
    """The key, the region and the endpoints (`settings`), and the plan's roles with their IAM
    documents.
    """

    settings: AwsSettings
    roles: Sequence[AwsRole]


class AwsEngine(pulumi.ComponentResource):
    """The engine and its roles.

    A role with an ARN in the settings is assumed (STS: nothing to clean up, and the plan's
    document narrows what the IAM role has); any other is an IAM user made for each lease and
    deleted with it.

    Where a scheduled job changes Vault's own key, the configured one is good for the first `up`
    only: it is deleted by the first rotation, and never written again.
    """

    path: str

    def __init__(
        self, name: str, args: AwsEngineArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:engines:AwsEngine", name, None, opts)
        settings = args.settings
        backend = vault.aws.SecretBackend(
            f"{name}-mount",
            path=AWS,
            description=ENGINES[AWS].description,
            access_key=settings.access_key_id,
            secret_key=settings.secret_access_key,
            region=settings.region,
            iam_endpoint=settings.endpoint,
            sts_endpoint=settings.endpoint,
            sts_region=settings.region if settings.endpoint else None,
            # The leases of IAM users know no lifetime but the mount's.
            default_lease_ttl_seconds=min(
                (role.default_ttl_seconds for role in args.roles), default=None
            ),
            max_lease_ttl_seconds=min((role.max_ttl_seconds for role in args.roles), default=None),
            opts=pulumi.ResourceOptions(
                parent=self, ignore_changes=list(_OF_THE_KEY) if settings.rotate_root else None
            ),
        )
        child = pulumi.ResourceOptions(parent=self, depends_on=[backend])
        for role in args.roles:
            arn = settings.role_arns.get(role.name)
            vault.aws.SecretBackendRole(
                f"{name}-role-{role.name}",
                backend=AWS,
                name=role.name,
                credential_type="assumed_role" if arn else "iam_user",
                role_arns=[arn] if arn else None,
                policy_document=role.policy_document,
                default_sts_ttl=role.default_ttl_seconds if arn else None,
                max_sts_ttl=role.max_ttl_seconds if arn else None,
                opts=child,
            )
        self.path = AWS
        self.register_outputs({"path": self.path})
