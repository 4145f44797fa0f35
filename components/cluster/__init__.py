"""The Vault servers themselves."""

from components.cluster.autopilot import Autopilot, AutopilotArgs

__all__ = ["Autopilot", "AutopilotArgs"]
