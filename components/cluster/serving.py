"""The servers before first contact: deployed here, or there already and maybe copied."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.cluster.component import VaultCluster, VaultClusterArgs
from components.cluster.replication import DrPrimary, DrPrimaryArgs
from components.settings import Settings
from policies.plan import Plan


def servers(
    settings: Settings, plan: Plan, opts: pulumi.ResourceOptions
) -> Sequence[pulumi.Resource]:
    """What first contact, and all that comes after it, waits for."""
    if settings.deployment:
        args = VaultClusterArgs(settings.deployment, settings, plan)
        return [VaultCluster("cluster", args, opts)]
    if settings.replication:
        copied = DrPrimaryArgs(settings.replication, settings.vault, settings.bootstrap)
        primary = DrPrimary("replication", copied, opts)
        pulumi.export("replicationActivations", primary.activations)
        return [primary]
    return []
