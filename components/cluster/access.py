"""What the servers' pods may do in Kubernetes: look at and label themselves, and have tokens
reviewed.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
from pulumi_kubernetes import core, meta, rbac

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.rights import (
    TOKEN_REVIEWER,
    account,
    bind_everywhere,
    make_account,
    make_rights,
    rule,
)


def make_service_account(
    name: str,
    layout: Layout,
    annotations: Mapping[str, pulumi.Input[str]],
    opts: pulumi.ResourceOptions,
) -> core.v1.ServiceAccount:
    """Who the pods are, to Kubernetes and (by `annotations`) to the cloud."""
    return make_account(
        name,
        meta.v1.ObjectMetaArgs(
            name=names.SERVICE_ACCOUNT,
            namespace=layout.namespace,
            labels=names.LABELS,
            annotations=annotations,
        ),
        opts,
    )


def make_registration(
    name: str, layout: Layout, opts: pulumi.ResourceOptions
) -> rbac.v1.RoleBinding:
    """Lets the pods label themselves, and no other, with what state they are in."""
    metadata = meta.v1.ObjectMetaArgs(
        name="vault-registration", namespace=layout.namespace, labels=names.LABELS
    )
    own = rule("", "pods", layout.pods, "get", "patch")
    return make_rights(name, "vault-registration", metadata, [own], _pods(layout), opts)


def make_reviewer(name: str, layout: Layout, opts: pulumi.ResourceOptions) -> None:
    """Lets the pods have other service accounts' tokens reviewed, as Kubernetes auth needs it."""
    metadata = meta.v1.ObjectMetaArgs(
        name=f"vault-token-review-{layout.namespace}", labels=names.LABELS
    )
    bind_everywhere(name, TOKEN_REVIEWER, metadata, _pods(layout), opts)


def _pods(layout: Layout) -> rbac.v1.SubjectArgs:
    return account(layout.namespace, names.SERVICE_ACCOUNT)
