"""The jobs that rotate secrets by schedule: one for each of the matrix' rotations that can run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes import core

from components.kubernetes_cluster import make_provider
from components.operations.cron_job import GIVE_IMAGE, make_cron_job
from components.operations.rotation import access, network
from components.operations.rotation.job_file import job_files
from components.operations.rotation.restarts import make_restart_only, restarts
from components.operations.rotation.runnable import differences, idle, runnable
from components.operations.rotation.schedule import scheduled
from components.options import after
from components.settings import OperationsSettings, Settings
from policies.plan import Plan, Rotation


@dataclass(frozen=True)
class RotationsArgs:
    """`operations` is where jobs run and with which image; settings and plan decide which of the
    matrix' rotations can run.
    """

    operations: OperationsSettings
    settings: Settings
    plan: Plan


class Rotations(pulumi.ComponentResource):
    """For each rotation a CronJob with its file, its service account, the object by which its runs
    keep apart, and rights on what it works on and nothing else.

    Makes the service accounts, because nothing else runs as them. Deliberately makes no namespace
    and touches no Deployment: those are the applications'. What a job does is `jobs/`.
    """

    names: Sequence[str]
    """Of the rotations that somebody runs."""

    def __init__(
        self, name: str, args: RotationsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:operations:Rotations", name, None, opts)
        for one in idle(args.settings, args.plan):
            if one.fix:
                pulumi.log.warn(
                    f"nobody runs the rotation {one.rotation.name}: {one.why}; {one.fix}", self
                )
        for difference in differences(args.settings, args.plan):
            pulumi.log.warn(difference, self)
        provider = make_provider(
            f"{name}-kubernetes", args.operations.kubernetes, pulumi.ResourceOptions(parent=self)
        )
        child = pulumi.ResourceOptions(parent=self, provider=provider)
        rotations = runnable(args.settings, args.plan)
        first: list[pulumi.Resource] = []
        if args.settings.deployment:
            first += [
                network.make_network_policy(
                    f"{name}-network-{namespace}", namespace, args.settings.deployment, child
                )
                for namespace in sorted({rotation.namespace for rotation in rotations})
            ]
        accounts = {
            # Of those that nobody runs, too: a role of Vault is bound to each, and whoever made
            # the account would be it.
            rotation.name: access.make_service_account(
                f"{name}-{rotation.name}-account", rotation, child
            )
            for rotation in args.plan.rotations
        }
        for rotation in rotations:
            needed = [*first, accounts[rotation.name]]
            self._make(f"{name}-{rotation.name}", rotation, args.operations, needed, child)
        self.names = [rotation.name for rotation in rotations]
        self.register_outputs({"names": self.names})

    def _make(
        self,
        name: str,
        rotation: Rotation,
        operations: OperationsSettings,
        first: Sequence[pulumi.Resource],
        child: pulumi.ResourceOptions,
    ) -> None:
        if restarts(rotation):
            # Before the right that it limits.
            first = [*first, *make_restart_only(f"{name}-restart-only", rotation, child)]
            child = after(child, first)
        needed = [
            *first,
            access.make_lease(f"{name}-lease", rotation, child),
            self._config_map(f"{name}-file", rotation, operations, child),
            *access.make_rights(f"{name}-rights", rotation, child),
        ]
        if secret := access.make_secret(f"{name}-secret", rotation, child):
            needed.append(secret)
        # It may be due the moment it is there.
        job = scheduled(rotation, operations.image)
        make_cron_job(f"{name}-schedule", job, after(child, needed))

    def _config_map(
        self,
        name: str,
        rotation: Rotation,
        operations: OperationsSettings,
        opts: pulumi.ResourceOptions,
    ) -> core.v1.ConfigMap:
        return core.v1.ConfigMap(
            name,
            metadata=access.metadata(rotation),
            data=job_files(rotation, operations),
            opts=opts,
        )


def schedule_rotations(
    name: str, settings: Settings, plan: Plan, opts: pulumi.ResourceOptions | None = None
) -> Rotations | None:
    """The jobs; for a stack that has none, a warning that says what stays as old as it is, and the
    command that changes that.
    """
    if settings.operations:
        return Rotations(name, RotationsArgs(settings.operations, settings, plan), opts)
    if plan.rotations:
        names = ", ".join(rotation.name for rotation in plan.rotations)
        pulumi.log.warn(f"nobody runs these rotations: {names}; {GIVE_IMAGE}")
    return None
