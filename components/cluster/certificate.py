"""The servers' certificate, from cert-manager."""

from __future__ import annotations

import pulumi
from pulumi_kubernetes import apiextensions, meta

from components.cluster import layout as names
from components.cluster.layout import Layout
from components.settings import IssuerReference


def make_certificate(
    name: str, layout: Layout, issuer: IssuerReference, opts: pulumi.ResourceOptions
) -> apiextensions.CustomResource:
    """One certificate for all servers, with every name that peers and clients call them by. It is
    renewed in its last third with a new key; the servers read it without a restart.
    """
    return apiextensions.CustomResource(
        name,
        api_version="cert-manager.io/v1",
        kind="Certificate",
        metadata=meta.v1.ObjectMetaArgs(
            name="vault-server", namespace=layout.namespace, labels=names.LABELS
        ),
        spec={
            "secretName": layout.certificate_secret,
            "issuerRef": {
                "group": "cert-manager.io",
                "kind": issuer.kind.value,
                "name": issuer.name,
            },
            "dnsNames": list(layout.certificate_names),
            "ipAddresses": [names.LOOPBACK],
            "duration": "2160h",
            "renewBefore": "720h",
            "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"},
            # A server is also a client of its peers.
            "usages": ["digital signature", "server auth", "client auth"],
        },
        opts=opts,
    )
