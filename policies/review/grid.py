"""The access matrix as a picture has it: workloads by resources, before and after.

What a cell says is Vault's own decision, on both sides: on a path by the rule that decides it; on a
folder, or another rule's wildcard, by every region of the paths within (`policies.acl.regions`), so
that "all of it" and "some of it" are told apart. LIST is asked with a slash behind, too, as Vault's
API does.

Columns are what the plans have (KV entries, database, cloud and PKI roles) and every path that a
rule of the workloads names, so that no access is left out. It says nothing of who may log in, nor
of templated paths' holders.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from itertools import groupby
from typing import TypeAlias, TypeVar

from policies import hcl
from policies.acl import Acl, Pattern, Region, Rule, Symbolic, regions
from policies.acl.patterns import Kind
from policies.hcl import Capability
from policies.review.columns import Column, in_order, issuing
from policies.review.conditions import conditions_of, loosened
from policies.review.snapshot import Snapshot, Workload
from policies.subject import PEOPLE

_T = TypeVar("_T")


@unique
class Extent(StrEnum):
    """On how much of a column's paths."""

    NONE = "none"
    SOME = "some"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Mark:
    """One capability in one cell. `gained` and `lost` are on some of the paths, perhaps not the
    same; where `conditions` are asked, gained can mean that less is asked.
    """

    capability: Capability
    before: Extent
    after: Extent
    gained: bool
    lost: bool
    conditions: str
    """What is asked of a request (parameters, wrapping), in words; empty: nothing."""


Cell: TypeAlias = tuple[Mark, ...]
"""Sorted as capabilities are; empty where nothing is allowed, before or after."""


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    was_there: bool
    is_there: bool
    cells: tuple[Cell, ...]
    """One for each column."""

    @property
    def changed(self) -> bool:
        return any(mark.gained or mark.lost for cell in self.cells for mark in cell)


@dataclass(frozen=True, slots=True)
class Rows:
    """Of one application, or of the people."""

    application: str
    team: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    columns: tuple[Column, ...]
    applications: tuple[Rows, ...]


def grid(base: Snapshot, head: Snapshot, labels: Collection[str] | None = None) -> Grid:
    """The matrix of these workloads, or of all. Of a choice, columns that none of them reaches are
    left out.

    Raises `SnapshotError` where an ACL policy is none that Vault takes.
    """
    there = base.workloads.keys() | head.workloads.keys()
    shown = sorted(there if labels is None else there.intersection(labels))
    pairs = [_Pair.of(base, head, label) for label in shown]
    named = {
        rule.pattern.text for pair in pairs for acl in pair.acls for rule in acl.rules.values()
    }
    for side in (base, head):
        named.update(issuing(side))
    columns = in_order(named)
    rows = [Row(pair.label, *pair.there, tuple(pair.cells(columns))) for pair in pairs]
    if labels is not None:
        reached = [any(row.cells[place] for row in rows) for place in range(len(columns))]
        columns = _kept(columns, reached)
        rows = [Row(r.label, r.was_there, r.is_there, _kept(r.cells, reached)) for r in rows]
    return Grid(columns, tuple(_by_application(rows, base, head)))


def _kept(things: Sequence[_T], keep: Sequence[bool]) -> tuple[_T, ...]:
    return tuple(thing for thing, kept in zip(things, keep, strict=True) if kept)


def _by_application(rows: Iterable[Row], base: Snapshot, head: Snapshot) -> Iterator[Rows]:
    def owner(row: Row) -> tuple[bool, str, str]:
        found = (head.workloads.get(row.label) or base.workloads[row.label]).owner
        return (found.name == PEOPLE, found.name, found.team) if found else (True, "", "")

    for (_, name, team), theirs in groupby(sorted(rows, key=owner), key=owner):
        yield Rows(name, team, tuple(theirs))


@dataclass(frozen=True, slots=True)
class Choice:
    """Which workloads are shown, where all are too many, and how many are not."""

    panels: tuple[tuple[str, ...], ...]
    """Labels, by application: each is a picture of its own."""
    left_out: int


def chosen(base: Snapshot, head: Snapshot, changed: Sequence[str], most: int) -> Choice:
    """Those that changed, in the order given, and then others of their applications."""
    everyone = {**base.workloads, **head.workloads}
    panels = dict[str, list[str]]()
    for label in changed[:most]:
        panels.setdefault(_application(everyone[label]), []).append(label)
    room = most - min(most, len(changed))
    for label in sorted(everyone.keys() - set(changed)):
        panel = panels.get(_application(everyone[label]))
        if room and panel:
            panel.append(label)
            room -= 1
    shown = sum(map(len, panels.values()))
    return Choice(tuple(map(tuple, panels.values())), len(everyone) - shown)


def _application(workload: Workload) -> str:
    return workload.owner.name if workload.owner else ""


# --- cells ----------------------------------------------------------------------------------------

_Sides: TypeAlias = "tuple[Rule | None, Rule | None]"


@dataclass(frozen=True, slots=True)
class _Pair:
    """One workload on both sides."""

    label: str
    there: tuple[bool, bool]
    acls: tuple[Acl, Acl]

    @classmethod
    def of(cls, base: Snapshot, head: Snapshot, label: str) -> _Pair:
        there = (label in base.workloads, label in head.workloads)
        before, after = _texts(base, label), _texts(head, label)
        acl = _acl(base, before)
        return cls(label, there, (acl, acl if before == after else _acl(head, after)))

    def cells(self, columns: Iterable[Column]) -> Iterator[Cell]:
        asked = [(pattern, _folder(pattern)) for pattern in map(_pattern, columns)]
        wild = self._wild({one for both in asked for one in both if one.kind is not Kind.EXACT})
        for pattern, folder in asked:
            if pattern.kind is Kind.EXACT:
                plain = [self._rules(pattern.text, listing=False)]
                listing = [self._rules(one.text, listing=True) for one in (pattern, folder)]
            else:
                plain = [_both(region.rules) for region in wild[pattern]]
                listed = [*_files(wild[pattern]), *wild[folder]]
                listing = [_both(region.listing) for region in listed]
            yield tuple(_marks(plain, listing))

    def _rules(self, path: str, *, listing: bool) -> _Sides:
        before, after = self.acls
        return before.rule(path, listing=listing), after.rule(path, listing=listing)

    def _wild(self, patterns: Collection[Pattern]) -> Mapping[Pattern, list[Region]]:
        """The regions within each pattern, which are those of both sides."""
        before, after = self.acls
        found: dict[Pattern, list[Region]] = {pattern: [] for pattern in patterns}
        for region in regions((before,) if before is after else self.acls, patterns):
            for pattern in region.within:
                found[pattern].append(region)
        return found


def _pattern(column: Column) -> Pattern:
    return Pattern.of(column.path)


def _folder(pattern: Pattern) -> Pattern:
    """What LIST is asked of: Vault puts a slash behind a path that has none."""
    text = pattern.text
    return pattern if text.endswith(("*", "/")) else Pattern.of(f"{text}/")


def _files(found: Iterable[Region]) -> Iterator[Region]:
    """Without the folder above, which `roles/+` matches with an empty name: LIST of it is another
    column's, `roles`.
    """
    return (region for region in found if not region.witness.endswith("/"))


def _both(rules: tuple[Rule | None, ...]) -> _Sides:
    return rules[0], rules[-1]


def _texts(side: Snapshot, label: str) -> Mapping[str, str]:
    workload = side.workloads.get(label)
    names = workload.token.policies if workload else ()
    return {name: side.policies.get(name, "") for name in names}


def _acl(side: Snapshot, names: Iterable[str]) -> Acl:
    return Acl.of({name: side.stanzas(name) for name in names}, Symbolic())


def _marks(plain: Sequence[_Sides], listing: Sequence[_Sides]) -> Iterator[Mark]:
    rules = (rule for sides in (*plain, *listing) for rule in sides if rule)
    granted = {capability for rule in rules for capability in rule.granted}
    for capability in hcl.in_order(granted):
        where = listing if capability is Capability.LIST else plain
        before = [_granting(old, capability) for old, _ in where]
        after = [_granting(new, capability) for _, new in where]
        if any(before) or any(after):
            both = list(zip(before, after, strict=True))
            asked = (conditions_of(rule) for rule in (*after, *before) if rule)
            yield Mark(
                capability,
                _extent(before),
                _extent(after),
                gained=any(_freer(old, new, capability) for old, new in both),
                lost=any(_freer(new, old, capability) for old, new in both),
                conditions=next(filter(None, asked), ""),
            )


def _granting(rule: Rule | None, capability: Capability) -> Rule | None:
    return rule if rule and capability in rule.granted else None


def _extent(granting: Sequence[Rule | None]) -> Extent:
    return Extent.ALL if all(granting) else Extent.SOME if any(granting) else Extent.NONE


def _freer(before: Rule | None, after: Rule | None, capability: Capability) -> bool:
    """Whether `after` allows something that `before` does not."""
    if after is None or before is after:
        return False
    return before is None or loosened(before, after, capability) is not None
