"""Accounts and rights in Kubernetes: what one service account may do, and nobody else by it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import pulumi
from pulumi_kubernetes import core, meta, rbac

from components.options import after

TOKEN_REVIEWER: Final = "system:auth-delegator"
"""Kubernetes' own ClusterRole: to have other accounts' tokens reviewed, as Vault must."""
_API_GROUP: Final = "rbac.authorization.k8s.io"


def account(namespace: str, name: str) -> rbac.v1.SubjectArgs:
    """A service account, as bindings name it."""
    return rbac.v1.SubjectArgs(kind="ServiceAccount", name=name, namespace=namespace)


def make_account(
    name: str, metadata: meta.v1.ObjectMetaArgs, opts: pulumi.ResourceOptions
) -> core.v1.ServiceAccount:
    """One whose token no pod gets that does not ask for it."""
    return core.v1.ServiceAccount(
        name, metadata=metadata, automount_service_account_token=False, opts=opts
    )


def rule(group: str, kind: str, names: Collection[str], *verbs: str) -> rbac.v1.PolicyRuleArgs:
    """Of objects that are named one by one. Raises `ValueError` for none: RBAC takes it for all."""
    if not names:
        raise ValueError(f"no names of {kind}: a rule without them is one for all")
    return rbac.v1.PolicyRuleArgs(
        api_groups=[group], resources=[kind], resource_names=list(names), verbs=list(verbs)
    )


def make_rights(
    name: str,
    own: str,
    metadata: meta.v1.ObjectMetaArgs,
    rules: list[rbac.v1.PolicyRuleArgs],
    holder: rbac.v1.SubjectArgs,
    opts: pulumi.ResourceOptions,
) -> rbac.v1.RoleBinding:
    """A Role and its binding, both with this metadata; `own` is the name that it says."""
    role = rbac.v1.Role(f"{name}-role", metadata=metadata, rules=rules, opts=opts)
    return rbac.v1.RoleBinding(
        f"{name}-binding",
        metadata=metadata,
        role_ref=rbac.v1.RoleRefArgs(api_group=_API_GROUP, kind="Role", name=own),
        subjects=[holder],
        opts=after(opts, [role]),
    )


def bind_everywhere(
    name: str,
    cluster_role: str,
    metadata: meta.v1.ObjectMetaArgs,
    holder: rbac.v1.SubjectArgs,
    opts: pulumi.ResourceOptions,
) -> rbac.v1.ClusterRoleBinding:
    """What a ClusterRole says, in the whole cluster."""
    return rbac.v1.ClusterRoleBinding(
        name,
        metadata=metadata,
        role_ref=rbac.v1.RoleRefArgs(api_group=_API_GROUP, kind="ClusterRole", name=cluster_role),
        subjects=[holder],
        opts=opts,
    )
