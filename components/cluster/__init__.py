"""The Vault servers themselves."""

from components.cluster.autopilot import Autopilot, AutopilotArgs
from components.cluster.component import VaultCluster, VaultClusterArgs
from components.cluster.quota import RateLimit, RateLimitArgs
from components.cluster.replication import DrPrimary, DrPrimaryArgs
from components.cluster.serving import servers

__all__ = [
    "Autopilot",
    "AutopilotArgs",
    "DrPrimary",
    "DrPrimaryArgs",
    "RateLimit",
    "RateLimitArgs",
    "VaultCluster",
    "VaultClusterArgs",
    "servers",
]
