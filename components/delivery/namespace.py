"""A namespace of its own for what delivers: nothing else runs there, and nothing in it talks to
anybody unless another policy says so.
"""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import meta

from components.namespace import MANAGED, PodSecurity, make_namespace
from components.options import after
from components.peers import allow


def make_closed_namespace(
    name: str,
    namespace: str,
    level: PodSecurity,
    opts: pulumi.ResourceOptions,
    *,
    protect: bool,
) -> list[pulumi.Resource]:
    protected = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(protect=protect))
    made = make_namespace(name, namespace, level, protected)
    metadata = meta.v1.ObjectMetaArgs(name="nothing-else", namespace=namespace, labels=MANAGED)
    return [made, allow(f"{name}-nothing-else", metadata, after(opts, [made]))]
