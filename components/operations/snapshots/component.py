"""The job that takes snapshots by schedule and puts them where the servers are not."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.kubernetes_cluster import make_provider
from components.operations.snapshots import access
from components.settings import OperationsSettings, Settings
from policies.plan import KubernetesRole, Plan
from policies.snapshots import reader


@dataclass(frozen=True)
class SnapshotsArgs:
    operations: OperationsSettings
    role: KubernetesRole
    """As which the job logs in."""


class Snapshots(pulumi.ComponentResource):
    """The service account that the workload's role in Vault is bound to: whoever else made it could
    copy all that Vault stores.
    """

    def __init__(
        self, name: str, args: SnapshotsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:operations:Snapshots", name, None, opts)
        provider = make_provider(
            f"{name}-kubernetes", args.operations.kubernetes, pulumi.ResourceOptions(parent=self)
        )
        child = pulumi.ResourceOptions(parent=self, provider=provider)
        access.make_service_account(f"{name}-account", args.role, {}, child)
        self.register_outputs({})


def schedule_snapshots(
    name: str, settings: Settings, plan: Plan, opts: pulumi.ResourceOptions | None = None
) -> Snapshots | None:
    """None where Vault makes no snapshots, or no job runs."""
    role = reader(plan)
    if role is None or settings.operations is None:
        return None
    return Snapshots(name, SnapshotsArgs(settings.operations, role), opts)
