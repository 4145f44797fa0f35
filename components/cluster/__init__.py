"""The Vault servers themselves."""

from components.cluster.autopilot import Autopilot, AutopilotArgs
from components.cluster.component import VaultCluster, VaultClusterArgs

__all__ = ["Autopilot", "AutopilotArgs", "VaultCluster", "VaultClusterArgs"]
