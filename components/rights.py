"""Rights in Kubernetes: what one service account may do in a namespace, and nobody else by it."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_kubernetes import meta, rbac

from components.options import after

API_GROUP: Final = "rbac.authorization.k8s.io"


def account(namespace: str, name: str) -> rbac.v1.SubjectArgs:
    """A service account, as bindings name it."""
    return rbac.v1.SubjectArgs(kind="ServiceAccount", name=name, namespace=namespace)


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
        role_ref=rbac.v1.RoleRefArgs(api_group=API_GROUP, kind="Role", name=own),
        subjects=[holder],
        opts=after(opts, [role]),
    )
