"""What gained lines lead to: another application's paths, writing what was only read, powers that
lead to more, `sudo`, and Vault's own secrets.

The lines of the difference say where to look. There all regions are walked that the rules of both
sides and the marked places can tell apart, so a mark is found if and only if some path within it
was refused before and is allowed after.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypeAlias

from policies import paths
from policies.acl import Acl, Pattern, Region, Rule, differing, plainness, protected, regions
from policies.acl.meetings import Meetings
from policies.escalation import POWERS, Power, Way, opened
from policies.hcl import Capability
from policies.review.conditions import loosened
from policies.review.difference import AccessChange, Direction
from policies.review.territory import Owned, Territory, decided_by

WRITES: Final = frozenset(
    {Capability.CREATE, Capability.UPDATE, Capability.PATCH, Capability.DELETE}
)


@dataclass(frozen=True, slots=True)
class Secret:
    """Part of what only the provisioner should have."""

    pattern: Pattern
    capability: Capability
    what: str


@dataclass(frozen=True, slots=True)
class Protected:
    """A root-protected path: `sudo` means something there."""

    pattern: Pattern


@dataclass(frozen=True, slots=True)
class Led:
    """A way to a power."""

    power: Power
    way: Way

    @property
    def pattern(self) -> Pattern:
        return Pattern.of(self.way.pattern)


Mark: TypeAlias = Owned | Led | Secret | Protected

_PROVISIONER: Final = f"auth/{paths.PROVISIONER_AUTH}/role/+"
SECRETS: Final = tuple(
    Secret(Pattern.of(f"{_PROVISIONER}/{rest}"), capability, what)
    for rest, capability, what in (
        ("role-id", Capability.READ, "one half of what the provisioner logs in with"),
        ("secret-id", Capability.LIST, "how many secret IDs the provisioner has, and their names"),
        ("secret-id/*", Capability.UPDATE, "what is known of the provisioner's secret IDs"),
        ("secret-id-accessor/*", Capability.UPDATE, "the provisioner's secret IDs, to end them"),
    )
)


@dataclass(slots=True)
class Reached:
    """What is gained at one mark, by one rule."""

    mark: Mark | None
    """None: anywhere."""
    rule: str
    capabilities: set[Capability] = field(default_factory=set)
    witness: str = ""
    instead_of: str = ""
    """The rule that decides the witness on the other side; empty for none."""

    def add(self, capabilities: Iterable[Capability], witness: str, old: Rule | None) -> None:
        self.capabilities |= set(capabilities)
        if not self.witness or plainness(witness) < plainness(self.witness):
            self.witness, self.instead_of = witness, old.pattern.text if old else ""


@dataclass(slots=True)
class Reach:
    """All that gained lines lead to."""

    owned: list[Reached]
    powers: list[Reached]
    had: set[str]
    """Names of the powers, of those reached, that were held somewhere before."""
    secrets: list[Reached]
    sudo: list[Reached]
    """On root-protected paths; elsewhere it means nothing."""
    writes: list[Reached]
    """Where there was reading only."""


def reach(
    before: Acl,
    after: Acl,
    access: Iterable[AccessChange],
    territory: Territory,
    own: frozenset[str],
) -> Reach:
    """`own`: the applications whose paths are the holder's own."""
    gained = [change for change in access if change.direction is Direction.GAINED]
    marks = _marks(gained, territory, own)
    walk = _Walk(marks)
    if marks or any(WRITES.intersection(change.capabilities) for change in gained):
        both = (before, after)
        for region in regions(both, (*marks, *differing(*both))):
            walk.look(region)
    return walk.found()


def _marks(
    gained: Iterable[AccessChange], territory: Territory, own: frozenset[str]
) -> Mapping[Pattern, list[Mark]]:
    marks = defaultdict[Pattern, list[Mark]](list)
    met = set[Mark]()
    for change in gained:
        met |= set(territory.of_others(change, own))
        for pattern in decided_by(change):
            met |= set(_everywhere().of(pattern))
    # All ways to a power, so that it is seen where it was held before.
    powers = {mark.power for mark in met if isinstance(mark, Led)}
    met |= {Led(power, way) for power in powers for way in power.ways}
    for mark in met:
        marks[mark.pattern].append(mark)
    return marks


@cache
def _everywhere() -> Meetings[Mark]:
    """The marks that are in every Vault."""
    marks: list[tuple[Pattern, Mark]] = [(one.pattern, one) for one in SECRETS]
    ways = [Led(power, way) for power in POWERS for way in power.ways]
    marks += [(one.pattern, one) for one in ways]
    marks += [
        (pattern, Protected(pattern))
        for mount, kind in (*protected.ALWAYS_MOUNTED.items(), *paths.PROTECTED_MOUNTS.items())
        for rest in protected.PROTECTED[kind]
        for pattern in (Pattern.of(f"{mount}{rest}"),)
    ]
    return Meetings(marks)


class _Walk:
    """Collects, region by region."""

    def __init__(self, marks: Mapping[Pattern, list[Mark]]) -> None:
        self._marks = marks
        self._reached = dict[tuple[str, Mark | None, str], Reached]()
        self._had = set[str]()

    def look(self, region: Region) -> None:
        (old, new), (old_listing, new_listing) = region.rules, region.listing
        marks = {mark for pattern in region.within for mark in self._marks.get(pattern, ())}
        listed = _listed(old_listing, new_listing)
        gained = _gained(old, new)
        for mark in marks:
            match mark:
                case Led(power=power, way=way):
                    held = opened(power, way, old, region.witness)
                    if held:
                        self._had.add(power.name)
                    now = opened(power, way, new, region.witness)
                    more = now - held | now & _freer(old, new)
                    self._add("powers", mark, new, more, region, old)
                case Protected():
                    sudo = gained & {Capability.SUDO}
                    self._add("sudo", None, new, sudo, region, old)
                    sudo = _may_list_protected(new_listing) - _may_list_protected(old_listing)
                    self._add("sudo", None, new_listing, sudo, region, old_listing)
                case Secret(capability=capability):
                    self._add("secrets", mark, new, gained & {capability}, region, old)
                    listing = listed & {capability}
                    self._add("secrets", mark, new_listing, listing, region, old_listing)
                case Owned():
                    self._add("owned", mark, new, gained, region, old)
                    self._add("owned", mark, new_listing, listed, region, old_listing)
        if old and Capability.READ in old.granted and not old.granted & WRITES:
            self._add("writes", None, new, gained & WRITES, region, old)

    def _add(
        self,
        kind: str,
        mark: Mark | None,
        rule: Rule | None,
        capabilities: frozenset[Capability],
        region: Region,
        old: Rule | None,
    ) -> None:
        if rule is None or not capabilities:
            return
        key = kind, mark, rule.pattern.text
        if key not in self._reached:
            self._reached[key] = Reached(mark, rule.pattern.text)
        self._reached[key].add(capabilities, region.witness, old)

    def found(self) -> Reach:
        by_kind = defaultdict[str, list[Reached]](list)
        for (kind, _, _), one in self._reached.items():
            by_kind[kind].append(one)
        for many in by_kind.values():
            many.sort(key=lambda one: (one.rule, one.witness))
        return Reach(
            by_kind["owned"],
            by_kind["powers"],
            self._had,
            by_kind["secrets"],
            by_kind["sudo"],
            by_kind["writes"],
        )


_NONE: Final[frozenset[Capability]] = frozenset()
_LIST: Final = frozenset({Capability.LIST})


def _gained(old: Rule | None, new: Rule | None) -> frozenset[Capability]:
    """But for LIST, which is decided apart. What is given more freely counts, too."""
    if new is None or not new.granted:
        return _NONE
    had = old.granted if old else _NONE
    return (new.granted - had | _freer(old, new)) - _LIST


def _freer(old: Rule | None, new: Rule | None) -> frozenset[Capability]:
    """Of what both grant."""
    if old is None or new is None:
        return _NONE
    return frozenset(one for one in old.granted & new.granted if loosened(old, new, one))


def _listed(old: Rule | None, new: Rule | None) -> frozenset[Capability]:
    return _LIST & ((new.granted if new else _NONE) - (old.granted if old else _NONE))


def _may_list_protected(rule: Rule | None) -> frozenset[Capability]:
    """LIST of a root-protected folder takes `sudo` of the rule that decides it, be it the one of
    the path without its slash.
    """
    both = {Capability.LIST, Capability.SUDO}
    return frozenset({Capability.SUDO}) if rule and both <= rule.granted else _NONE
