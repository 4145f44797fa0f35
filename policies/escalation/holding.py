"""Which powers an ACL holds, by Vault's own decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from policies import paths
from policies.acl import Acl, Pattern, Rule, protected, regions
from policies.acl.meetings import Meetings
from policies.escalation.harm import HARM
from policies.escalation.more import MORE
from policies.escalation.power import Power, Way
from policies.escalation.root import ROOT
from policies.hcl import Capability

POWERS: Final = (*ROOT, *MORE, *HARM)


@dataclass(frozen=True, slots=True)
class Held:
    """A power that an ACL holds, and a path for which Vault would allow it."""

    power: Power
    capability: Capability
    witness: str

    def __str__(self) -> str:
        return f"{self.capability} {self.witness}: {self.power.chain}"


def held(acl: Acl) -> tuple[Held, ...]:
    """Every power that the ACL holds, once for each capability, with the shortest path."""
    return tuple(_held(acl))


def opened(power: Power, way: Way, rule: Rule | None, path: str) -> frozenset[Capability]:
    """The capabilities that give the power at a path on this way, where `rule` decides the path.

    Vault refuses to write to a path that ends in a slash, before it asks any rule.
    """
    if rule is None or path.endswith("/"):
        return frozenset()
    sudo = power.sudo or protected.is_protected(path, paths.PROTECTED_MOUNTS)
    if sudo and Capability.SUDO not in rule.granted:
        return frozenset()
    return rule.granted.intersection(way.capabilities)


def _held(acl: Acl) -> Iterator[Held]:
    found = dict[tuple[str, Capability], str]()
    # Most ACLs have no rule that meets any way, and to walk all ways takes long.
    if not any(True for pattern in acl.rules for _ in _ways_meeting().of(pattern)):
        return
    for region in regions((acl,), _marks()):
        (rule,) = region.rules
        for mark in region.within:
            for power, way in _marks()[mark]:
                for capability in opened(power, way, rule, region.witness):
                    found.setdefault((power.name, capability), region.witness)
    for power in POWERS:
        for capability in Capability:
            if witness := found.get((power.name, capability)):
                yield Held(power, capability, witness)


@cache
def _ways_meeting() -> Meetings[Pattern]:
    return Meetings((mark, mark) for mark in _marks())


@cache
def _marks() -> dict[Pattern, tuple[tuple[Power, Way], ...]]:
    """Pattern -> where it leads."""
    marks = dict[Pattern, tuple[tuple[Power, Way], ...]]()
    for power in POWERS:
        for way in power.ways:
            pattern = Pattern.of(way.pattern)
            marks[pattern] = (*marks.get(pattern, ()), (power, way))
    return marks
