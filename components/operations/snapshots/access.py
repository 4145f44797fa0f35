"""Who the job is in Kubernetes, and the one object there that it may change: the Lease by which two
runs keep apart, and where it notes what the last snapshot was.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes import coordination, core, meta, rbac

from components import rights
from components.operations.snapshots import layout as names
from components.rights import account, make_account, rule
from policies.plan import KubernetesRole


def make_service_account(
    name: str,
    role: KubernetesRole,
    annotations: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> core.v1.ServiceAccount:
    """The one that the workload's role in Vault is bound to."""
    return make_account(
        name,
        meta.v1.ObjectMetaArgs(
            name=role.service_account,
            namespace=role.namespace,
            labels=names.LABELS,
            annotations=annotations or None,
        ),
        opts,
    )


def make_lease(
    name: str, role: KubernetesRole, opts: pulumi.ResourceOptions
) -> coordination.v1.Lease:
    """All that is in it is the job's: nothing is declared, so that nothing is written back."""
    return coordination.v1.Lease(name, metadata=metadata(role), opts=opts)


def make_rights(
    name: str, role: KubernetesRole, opts: pulumi.ResourceOptions
) -> rbac.v1.RoleBinding:
    lease = rule("coordination.k8s.io", "leases", [names.NAME], "get", "update")
    holder = account(role.namespace, role.service_account)
    return rights.make_rights(name, names.NAME, metadata(role), [lease], holder, opts)


def metadata(role: KubernetesRole) -> meta.v1.ObjectMetaArgs:
    """Of what is called as the job."""
    return meta.v1.ObjectMetaArgs(name=names.NAME, namespace=role.namespace, labels=names.LABELS)
