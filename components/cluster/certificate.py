"""The servers' certificate."""

from __future__ import annotations

from typing import Final

import pulumi
from pulumi_kubernetes import apiextensions, meta

from components import certificate
from components.cluster import layout as names
from components.cluster.layout import Layout
from components.settings import IssuerReference

# A server is also a client of its peers.
_USAGES: Final = ("digital signature", "server auth", "client auth")


def make_certificate(
    name: str, layout: Layout, issuer: IssuerReference, opts: pulumi.ResourceOptions
) -> apiextensions.CustomResource:
    """One for all servers, with every name that peers and clients call them by. They read a renewed
    one without a restart.
    """
    metadata = meta.v1.ObjectMetaArgs(
        name="vault-server", namespace=layout.namespace, labels=names.LABELS
    )
    return certificate.make_certificate(
        name,
        metadata,
        issuer,
        layout.certificate_secret,
        layout.certificate_names,
        _USAGES,
        opts,
        addresses=[names.LOOPBACK],
    )
