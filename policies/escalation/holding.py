"""Which powers an ACL holds, by Vault's own decision."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from policies import paths
from policies.acl import Acl, Pattern, protected, regions
from policies.escalation.harm import HARM
from policies.escalation.more import MORE
from policies.escalation.power import Power
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


def _held(acl: Acl) -> Iterator[Held]:
    found = dict[tuple[str, Capability], str]()
    for region in regions((acl,), tuple(_marks())):
        (rule,) = region.rules
        # Vault refuses to write to a path that ends in a slash, before it asks any rule.
        if rule is None or not rule.granted or region.witness.endswith("/"):
            continue
        sudo = Capability.SUDO in rule.granted
        for name in {name for mark in region.within for name in _marks()[mark]}:
            power = _by_name()[name]
            if (power.sudo or _is_protected(region.witness)) and not sudo:
                continue
            for capability in set(power.capabilities) & rule.granted:
                found.setdefault((name, capability), region.witness)
    for power in POWERS:
        for capability in power.capabilities:
            if witness := found.get((power.name, capability)):
                yield Held(power, capability, witness)


def _is_protected(path: str) -> bool:
    return protected.is_protected(
        path, {f"{mount}/": "pki" for mount in (paths.PKI, paths.PKI_ROOT)}
    )


@cache
def _by_name() -> dict[str, Power]:
    return {power.name: power for power in POWERS}


@cache
def _marks() -> dict[Pattern, tuple[str, ...]]:
    """Pattern -> the powers that it is one of."""
    marks = dict[Pattern, tuple[str, ...]]()
    for power in POWERS:
        for text in power.patterns:
            pattern = Pattern.of(text)
            marks[pattern] = (*marks.get(pattern, ()), power.name)
    return marks
