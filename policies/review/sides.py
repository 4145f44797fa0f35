"""Both sides of one environment, and the workloads in which they may differ."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from policies.acl import Acl, Pattern, Symbolic
from policies.environments import Environment
from policies.plan import KubernetesRole, Rotation
from policies.review.issued import Counter, Issued, changed, issued_by
from policies.review.model import Status, Topic
from policies.review.snapshot import Snapshot, Workload

_BOUNDS: Final = re.compile(r'["\n]')


def pieces(text: str) -> set[str]:
    """All that may be a path in HCL without escapes: whatever stands between quotes or ends of
    lines. What is beside a quote that a comment holds is among it, too.
    """
    return set(_BOUNDS.split(text))


class Sides:
    """One environment, at the base and at the head."""

    def __init__(self, base: Snapshot, head: Snapshot) -> None:
        self.base, self.head = base, head
        self.environment: Environment = head.environment

    @cached_property
    def issued(self) -> tuple[dict[str, Issued], dict[str, Issued]]:
        return issued_by(self.base), issued_by(self.head)

    @cached_property
    def changed_issued(self) -> dict[str, tuple[Issued | None, Issued | None]]:
        return changed(*self.issued)

    @cached_property
    def counters(self) -> tuple[Counter, Counter]:
        """Of entries only those that changed: whoever comes to read others is told by the path."""
        before, after = (list(self._told(things.values())) for things in self.issued)
        counter = Counter(before)
        return counter, Counter(after) if self.changed_issued else counter

    def _told(self, things: Iterable[Issued]) -> Iterator[Issued]:
        for one in things:
            if one.topic is not Topic.SECRET or one.role in self.changed_issued:
                yield one

    @cached_property
    def _changed_counter(self) -> Counter:
        both = self.changed_issued.values()
        return Counter(one for sides in both for one in sides if one)

    def pairs(self) -> Iterator[Pair]:
        """The workloads that may differ, by label. Any other is equal on both sides, and so is
        whatever it can ask for.
        """
        base, head = self.base.workloads, self.head.workloads
        for label in sorted(base.keys() | head.keys()):
            pair = Pair(self, label, base.get(label), head.get(label))
            differs = pair.roles_differ or pair.rules_differ or pair.rotations_differ
            if differs or self._asks_for_what_changed(pair):
                yield pair

    def _asks_for_what_changed(self, pair: Pair) -> bool:
        if not self.changed_issued or pair.head is None:
            return False
        texts = (self.head.policies.get(name, "") for name in pair.head.token.policies)
        return any(self._mentions(text) for text in texts)

    def _mentions(self, text: str) -> bool:
        """Whether a rule may be about something that changed. Where a path could be written in
        another way than it reads, it is looked at.
        """
        if "\\" in text or "<<" in text or "{{" in text:
            return True
        return any(self._changed_counter.may_meet(Pattern.of(piece)) for piece in pieces(text))


@dataclass(frozen=True)
class Pair:
    """One workload at the base and at the head; None where it is not there."""

    sides: Sides
    label: str
    base: Workload | None
    head: Workload | None

    @property
    def status(self) -> Status:
        if self.base is None:
            return Status.ADDED
        return Status.REMOVED if self.head is None else Status.CHANGED

    @property
    def team(self) -> str:
        """The base's word counts: a change cannot choose who answers for what was there."""
        one = self.base or self.head
        return one.owner.team if one and one.owner else ""

    @property
    def owners(self) -> frozenset[str]:
        """The application that it belongs to, by the base's word where it has one."""
        one = self.base or self.head
        return frozenset({one.owner.name} if one and one.owner else ())

    @property
    def roles_differ(self) -> bool:
        return self.base is None or self.head is None or self.base.role != self.head.role

    @cached_property
    def rules_differ(self) -> bool:
        """By text."""
        return _texts(self.sides.base, self.base) != _texts(self.sides.head, self.head)

    @property
    def rotations(self) -> tuple[tuple[Rotation, ...], tuple[Rotation, ...]]:
        """What it runs by schedule, before and after."""
        base, head = self.sides.base, self.sides.head
        return _rotations(base, self.base), _rotations(head, self.head)

    @property
    def rotations_differ(self) -> bool:
        before, after = self.rotations
        return before != after

    @cached_property
    def before(self) -> Acl:
        return _acl(self.sides.base, self.base)

    @cached_property
    def after(self) -> Acl:
        return _acl(self.sides.head, self.head) if self.rules_differ else self.before

    @cached_property
    def issued(self) -> tuple[dict[str, Issued], dict[str, Issued]]:
        """What it can ask for, before and after."""
        before, after = self.sides.counters
        return before.open_to(self.before), after.open_to(self.after)


def _rotations(side: Snapshot, workload: Workload | None) -> tuple[Rotation, ...]:
    if workload is None or not isinstance(workload.role, KubernetesRole):
        return ()
    return tuple(one for one in side.rotations if one.role == workload.role.name)


def _texts(side: Snapshot, workload: Workload | None) -> dict[str, str]:
    names = workload.token.policies if workload else ()
    return {name: side.policies.get(name, "") for name in names}


def _acl(side: Snapshot, workload: Workload | None) -> Acl:
    names = workload.token.policies if workload else ()
    return Acl({name: side.stanzas(name) for name in names}, Symbolic())
