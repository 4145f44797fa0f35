"""A namespace of its own for what delivers: nothing else runs there, and nothing in it talks to
anybody unless another policy says so.
"""

from __future__ import annotations

from enum import StrEnum, unique

import pulumi
from pulumi_kubernetes import core, meta, networking

from components.cluster.layout import MANAGED


@unique
class PodSecurity(StrEnum):
    """How much of the node its pods may have. Kubernetes' Pod Security Standards."""

    RESTRICTED = "restricted"
    PRIVILEGED = "privileged"


def make_namespace(
    name: str,
    namespace: str,
    level: PodSecurity,
    opts: pulumi.ResourceOptions,
    *,
    protect: bool,
) -> list[pulumi.Resource]:
    levels = {
        f"pod-security.kubernetes.io/{mode}": level.value for mode in ("enforce", "audit", "warn")
    }
    made = core.v1.Namespace(
        name,
        metadata=meta.v1.ObjectMetaArgs(name=namespace, labels={**MANAGED, **levels}),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protect)),
    )
    nothing_else = networking.v1.NetworkPolicy(
        f"{name}-nothing-else",
        metadata=meta.v1.ObjectMetaArgs(name="nothing-else", namespace=namespace, labels=MANAGED),
        spec=networking.v1.NetworkPolicySpecArgs(
            pod_selector=meta.v1.LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
        ),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[made])),
    )
    return [made, nothing_else]
