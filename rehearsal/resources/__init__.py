"""How each type of resource is made real: one module for each Pulumi package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Made", "Maker", "Properties"]

Properties = Mapping[str, Any]
"""A resource's inputs or outputs under their wire names (camelCase), secrets unwrapped."""


@dataclass(frozen=True, slots=True)
class Made:
    """A resource that now exists."""

    id: str
    outputs: Properties
    """What it has besides its inputs."""
    secret: frozenset[str] = frozenset()
    """Which of the outputs nobody may see."""


Maker = Callable[[Properties], Made]
"""Makes one type of resource from its inputs, and returns when it is there."""
