"""What a power is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Final

from policies.hcl import Capability

CREATE, READ, UPDATE, DELETE, PATCH = (
    Capability.CREATE,
    Capability.READ,
    Capability.UPDATE,
    Capability.DELETE,
    Capability.PATCH,
)
# Where Vault looks whether the thing exists, a new one takes `create`; elsewhere `update` alone.
WRITE: Final = (CREATE, UPDATE, PATCH)


@unique
class Effect(StrEnum):
    """What comes of a power in its holder's hands."""

    ROOT = "root-equivalent"
    """By itself it is enough to do, or to read, everything that a root token can."""
    MORE = "escalation"
    """Its holder gets at more than its ACL policies say, though not at everything."""
    HARM = "availability"
    """Its holder gets nothing, and others lose something."""


@dataclass(frozen=True, slots=True)
class Power:
    name: str
    effect: Effect
    patterns: tuple[str, ...]
    capabilities: tuple[Capability, ...]
    """Any of these is enough. Where the path is root-protected, `sudo` must stand beside it."""
    chain: str
    """How it leads there, in steps that a reviewer can try."""
    sudo: bool = False
    """Whether it takes `sudo` although the path is not root-protected."""


def under(mounts: tuple[str, ...], *rest: str) -> tuple[str, ...]:
    """Each path below each mount."""
    return tuple(f"{mount}/{path}" for mount in mounts for path in rest)
