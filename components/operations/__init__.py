"""What works on Vault by schedule: jobs in the Kubernetes cluster, each with rights of its own."""

from components.operations.rotation import Rotations, RotationsArgs, schedule_rotations

__all__ = ["Rotations", "RotationsArgs", "schedule_rotations"]
