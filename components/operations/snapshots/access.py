"""Who the job is in Kubernetes, and the one object there that it may change."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes import core, meta

from components.operations.snapshots import layout as names
from policies.plan import KubernetesRole


def make_service_account(
    name: str,
    role: KubernetesRole,
    annotations: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> core.v1.ServiceAccount:
    """The one that the workload's role in Vault is bound to."""
    return core.v1.ServiceAccount(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=role.service_account,
            namespace=role.namespace,
            labels=names.LABELS,
            annotations=annotations or None,
        ),
        automount_service_account_token=False,
        opts=opts,
    )
