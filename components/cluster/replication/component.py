"""The primary of disaster recovery replication, as the program declares it."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
from pulumi import dynamic

from components.cluster.replication.provider import DrPrimaryProvider
from components.settings import BootstrapSettings, VaultSettings
from components.settings.replication import ReplicationSettings


@dataclass(frozen=True)
class DrPrimaryArgs:
    """Which secondaries there are, by their public keys, and how the primary is reached; of
    `bootstrap` only how long to wait for it.
    """

    replication: ReplicationSettings
    vault: VaultSettings
    bootstrap: BootstrapSettings


class _Primary(dynamic.Resource, module="vaultstack", name="DrPrimary"):
    activations: pulumi.Output[dict[str, str]]


class DrPrimary(pulumi.ComponentResource):
    """A Vault that others keep a copy of.

    Comes before everything else that is made in Vault, so that a Vault without the licence is left
    as it was. Deliberately does nothing on a secondary: becoming one empties it.
    """

    activations: pulumi.Output[dict[str, str]]
    """Secondary -> what it begins with, which it alone can decrypt, and only once."""

    def __init__(
        self, name: str, args: DrPrimaryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:cluster:DrPrimary", name, None, opts)
        made = _Primary(
            DrPrimaryProvider(),
            f"{name}-primary",
            {
                "address": args.vault.address,
                "ca_cert_file": args.vault.ca_cert_file or "",
                "cluster_address": args.replication.cluster_address,
                # As text, which a difference shows whole.
                "secondaries": json.dumps(dict(args.replication.secondaries), sort_keys=True),
                "timeout_seconds": args.bootstrap.timeout.seconds,
                "activations": None,
            },
            pulumi.ResourceOptions(parent=self, additional_secret_outputs=["activations"]),
        )
        self.activations = made.activations
        self.register_outputs({"activations": self.activations})
