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
# Where Vault looks whether a thing exists, a new one takes `create` and a change `update`. At every
# other path a POST takes `update`, and `create` is worth nothing.
WRITE: Final = (CREATE, UPDATE)


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
class Way:
    """Any of the capabilities is enough at a path that the pattern matches. Where the path is
    root-protected, `sudo` must stand beside it.
    """

    pattern: str
    capabilities: tuple[Capability, ...]


@dataclass(frozen=True, slots=True)
class Power:
    """Something that an ACL can let its holder do, and that leads further than it says. Whoever
    holds any one of `ways` has it; `name` is what findings and approvals call it, and stays.
    """

    name: str
    effect: Effect
    ways: tuple[Way, ...]
    chain: str
    """How it leads there, in steps that a reviewer can try."""
    sudo: bool = False
    """Whether it takes `sudo` although the path is not root-protected."""


def ways(
    capabilities: tuple[Capability, ...], *patterns: str, mounts: tuple[str, ...] = ()
) -> tuple[Way, ...]:
    """One for each pattern, or for each pattern below each mount."""
    paths = [f"{mount}/{pattern}" for mount in mounts for pattern in patterns] or patterns
    return tuple(Way(path, capabilities) for path in paths)
