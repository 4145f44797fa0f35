"""The job that takes snapshots by schedule and puts them where the servers are not."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core

from components.kubernetes_cluster import make_provider
from components.operations.cron_job import GIVE_IMAGE, make_cron_job
from components.operations.snapshots import access
from components.operations.snapshots.aws import SnapshotStore, SnapshotStoreArgs
from components.operations.snapshots.job_file import job_files
from components.operations.snapshots.network import make_network_policy
from components.operations.snapshots.schedule import scheduled
from components.options import after
from components.settings import (
    DeploymentSettings,
    OperationsSettings,
    Settings,
    SnapshotSettings,
)
from components.settings.deployment import AwsClusterSettings
from policies.environments import Environment
from policies.plan import KubernetesRole, Plan
from policies.snapshots import reader


@dataclass(frozen=True)
class Whereabouts:
    """How snapshots get from the deployed servers to the buckets."""

    snapshots: SnapshotSettings
    deployment: DeploymentSettings
    aws: AwsClusterSettings
    environment: Environment
    protect: bool


@dataclass(frozen=True)
class SnapshotsArgs:
    """Where jobs run, as whom, and where snapshots go."""

    operations: OperationsSettings
    role: KubernetesRole
    """As which the job logs in."""
    whereabouts: Whereabouts | None
    """None: nothing is scheduled."""


class Snapshots(pulumi.ComponentResource):
    """A CronJob with its file, its service account, the Lease by which its runs keep apart, and a
    role in AWS that may put snapshots and nothing else.

    The service account is made also where nothing is scheduled: a role of Vault is bound to it, and
    whoever made the account could copy all that Vault stores. What the job does is `jobs/`.
    Deliberately restores nothing, and lets nobody read a bucket.
    """

    def __init__(
        self, name: str, args: SnapshotsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:operations:Snapshots", name, None, opts)
        provider = make_provider(
            f"{name}-kubernetes", args.operations.kubernetes, pulumi.ResourceOptions(parent=self)
        )
        child = pulumi.ResourceOptions(parent=self, provider=provider)
        buckets: list[str] = []
        if args.whereabouts is None:
            access.make_service_account(f"{name}-account", args.role, {}, child)
        else:
            store = self._schedule(name, args, args.whereabouts, child)
            buckets += store.buckets
        self.register_outputs({"buckets": buckets})

    def _schedule(
        self, name: str, args: SnapshotsArgs, where: Whereabouts, child: pulumi.ResourceOptions
    ) -> SnapshotStore:
        role, operations = args.role, args.operations
        store = SnapshotStore(
            f"{name}-store",
            SnapshotStoreArgs(where.aws, where.snapshots, where.environment, role, where.protect),
            pulumi.ResourceOptions(parent=self),
        )
        files = job_files(role, operations, where.snapshots, store.buckets)
        needed = [
            store,
            # Never reaching more than it should, not even at first.
            make_network_policy(f"{name}-network", role, where.deployment, child),
            access.make_service_account(
                f"{name}-account", role, store.service_account_annotations, child
            ),
            access.make_lease(f"{name}-lease", role, child),
            access.make_rights(f"{name}-rights", role, child),
            core.v1.ConfigMap(
                f"{name}-file", metadata=access.metadata(role), data=files, opts=child
            ),
        ]
        # It may be due the moment it is there.
        job = scheduled(role, operations, where.snapshots)
        make_cron_job(f"{name}-schedule", job, after(child, needed))
        return store


def schedule_snapshots(
    name: str, settings: Settings, plan: Plan, opts: pulumi.ResourceOptions | None = None
) -> Snapshots | None:
    """None where Vault makes no snapshots, or nobody takes any: then with a warning that names the
    command that changes it.
    """
    role = reader(plan)
    if role is None or not settings.cluster.raft:
        return None
    if settings.operations is None:
        pulumi.log.warn(
            f"nobody takes snapshots, and what is lost with all servers is lost; {GIVE_IMAGE}"
        )
        return None
    if (where := _whereabouts(settings)) is None:
        pulumi.log.warn(
            "nobody takes snapshots here: this program does so where it deploys the servers and "
            "their KMS key; see to it where they were deployed"
        )
    return Snapshots(name, SnapshotsArgs(settings.operations, role, where), opts)


def _whereabouts(settings: Settings) -> Whereabouts | None:
    deployment, snapshots = settings.deployment, settings.snapshots
    if deployment is None or deployment.aws is None or snapshots is None:
        return None
    return Whereabouts(
        snapshots, deployment, deployment.aws, settings.environment, settings.protect
    )
