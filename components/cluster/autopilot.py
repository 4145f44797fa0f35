"""Raft's autopilot: when a server becomes a voter, and when a dead one is forgotten."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_vault as vault

from components.settings import ClusterSettings


@dataclass(frozen=True)
class AutopilotArgs:
    """The number of servers, from which the quorum follows, and how soon a new one votes."""

    settings: ClusterSettings


class Autopilot(pulumi.ComponentResource):
    """Autopilot of a Vault with Raft storage.

    A dead server is forgotten after a day: a pod that moves to another node takes minutes and a
    zone may be away for hours, and a server that comes back after it was forgotten is turned away
    until somebody empties its disk. Servers are never forgotten below quorum.
    """

    def __init__(
        self, name: str, args: AutopilotArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("vaultstack:cluster:Autopilot", name, None, opts)
        vault.RaftAutopilot(
            f"{name}-configuration",
            cleanup_dead_servers=True,
            dead_server_last_contact_threshold="24h0m0s",
            last_contact_threshold="10s",
            max_trailing_logs=1000,
            min_quorum=max(3, args.settings.servers // 2 + 1),
            server_stabilization_time=str(args.settings.stabilization),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"servers": args.settings.servers})
