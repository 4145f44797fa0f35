"""cert-manager: what its kinds are called, and a certificate from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pulumi
from pulumi_kubernetes import apiextensions, meta

from components.settings import IssuerReference

GROUP: Final = "cert-manager.io"
VERSION: Final = "v1"
API_VERSION: Final = f"{GROUP}/{VERSION}"


def make_certificate(
    name: str,
    metadata: meta.v1.ObjectMetaArgs,
    issuer: IssuerReference,
    secret: str,
    host_names: Sequence[str],
    usages: Sequence[str],
    opts: pulumi.ResourceOptions,
    *,
    addresses: Sequence[str] = (),
) -> apiextensions.CustomResource:
    """Kept in `secret` with its issuer's CA; renewed in its last third, with a new key."""
    return apiextensions.CustomResource(
        name,
        api_version=API_VERSION,
        kind="Certificate",
        metadata=metadata,
        spec={
            "secretName": secret,
            "issuerRef": {
                "group": GROUP,
                "kind": issuer.kind.value,
                "name": issuer.name,
            },
            "dnsNames": list(host_names),
            **({"ipAddresses": list(addresses)} if addresses else {}),
            "duration": "2160h",
            "renewBefore": "720h",
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            "usages": list(usages),
        },
        opts=opts,
    )
