"""Jobs that rotate secrets: one for each rotation of the matrix, with rights of its own."""

from components.operations.rotation.component import (
    Rotations,
    RotationsArgs,
    schedule_rotations,
)

__all__ = ["Rotations", "RotationsArgs", "schedule_rotations"]
