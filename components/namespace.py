"""A namespace of this program's own, with how much of a node its pods may have."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Final

import pulumi
from pulumi_kubernetes import core, meta

MANAGED: Final = {"app.kubernetes.io/managed-by": "vaultstack"}
"""The label of whatever this program makes in Kubernetes."""


@unique
class PodSecurity(StrEnum):
    """Kubernetes' Pod Security Standards."""

    RESTRICTED = "restricted"
    PRIVILEGED = "privileged"


def make_namespace(
    name: str, namespace: str, level: PodSecurity, opts: pulumi.ResourceOptions
) -> core.v1.Namespace:
    levels = {
        f"pod-security.kubernetes.io/{mode}": level.value for mode in ("enforce", "audit", "warn")
    }
    return core.v1.Namespace(
        name,
        metadata=meta.v1.ObjectMetaArgs(name=namespace, labels={**MANAGED, **levels}),
        opts=opts,
    )
