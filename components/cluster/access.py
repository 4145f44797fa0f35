"""What the servers' pods may do in Kubernetes: look at and label themselves, and have tokens
reviewed.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes import core, meta, rbac

from components.cluster import layout as names
from components.cluster.layout import Layout

_API_GROUP = "rbac.authorization.k8s.io"


def make_namespace(name: str, layout: Layout, opts: pulumi.ResourceOptions) -> core.v1.Namespace:
    """Vault's own, in which nothing runs with more than Pod Security's `restricted` rights."""
    levels = {
        f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
    }
    return core.v1.Namespace(
        name,
        metadata=meta.v1.ObjectMetaArgs(name=layout.namespace, labels={**names.MANAGED, **levels}),
        opts=opts,
    )


def make_service_account(
    name: str,
    layout: Layout,
    annotations: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> core.v1.ServiceAccount:
    """Who the pods are, to Kubernetes and (by `annotations`) to the cloud."""
    return core.v1.ServiceAccount(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=names.SERVICE_ACCOUNT,
            namespace=layout.namespace,
            labels=names.LABELS,
            annotations=annotations,
        ),
        automount_service_account_token=False,
        opts=opts,
    )


def make_registration(
    name: str, layout: Layout, opts: pulumi.ResourceOptions
) -> rbac.v1.RoleBinding:
    """Lets the pods label themselves, and no other, with what state they are in."""
    metadata = meta.v1.ObjectMetaArgs(
        name="vault-registration", namespace=layout.namespace, labels=names.LABELS
    )
    role = rbac.v1.Role(
        f"{name}-role",
        metadata=metadata,
        rules=[
            rbac.v1.PolicyRuleArgs(
                api_groups=[""],
                resources=["pods"],
                resource_names=list(layout.pods),
                verbs=["get", "patch"],
            )
        ],
        opts=opts,
    )
    return rbac.v1.RoleBinding(
        f"{name}-binding",
        metadata=metadata,
        role_ref=rbac.v1.RoleRefArgs(api_group=_API_GROUP, kind="Role", name="vault-registration"),
        subjects=[_pods(layout)],
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[role])),
    )


def make_reviewer(name: str, layout: Layout, opts: pulumi.ResourceOptions) -> None:
    """Lets the pods have other service accounts' tokens reviewed, as Kubernetes auth needs it."""
    rbac.v1.ClusterRoleBinding(
        name,
        metadata=meta.v1.ObjectMetaArgs(
            name=f"vault-token-review-{layout.namespace}", labels=names.LABELS
        ),
        role_ref=rbac.v1.RoleRefArgs(
            api_group=_API_GROUP, kind="ClusterRole", name="system:auth-delegator"
        ),
        subjects=[_pods(layout)],
        opts=opts,
    )


def _pods(layout: Layout) -> rbac.v1.SubjectArgs:
    return rbac.v1.SubjectArgs(
        kind="ServiceAccount", name=names.SERVICE_ACCOUNT, namespace=layout.namespace
    )
