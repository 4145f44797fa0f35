"""The Vault servers themselves."""

from components.cluster.autopilot import Autopilot, AutopilotArgs
from components.cluster.component import VaultCluster, VaultClusterArgs
from components.cluster.quota import RateLimit, RateLimitArgs

__all__ = [
    "Autopilot",
    "AutopilotArgs",
    "RateLimit",
    "RateLimitArgs",
    "VaultCluster",
    "VaultClusterArgs",
]
