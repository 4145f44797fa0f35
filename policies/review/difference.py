"""Two ACLs -> the complete set of paths and capabilities that their holder gains and loses.

By decision, not by text: what counts is the rule that decides a path before, and the one that
decides it after. All paths are divided into regions (`policies.acl.regions` says why that is
complete), each region has one such pair of rules, and what a pair differs in is gained or lost
on all of its regions, and nowhere else. Pairs whose paths are together all that one rule decides
are told as that rule; every other pair is told as the paths that both rules match. So each line has
paths of its own, and a witness: one path that Vault can be asked about on both sides.

LIST is decided apart, as Vault does: by the rule of its path, or by that of its folder, which is
the same path without the last slash. Its lines name that rule, and their witness ends in a slash
where there is such a path. LIST of what is root-protected takes the same rule's `sudo`. As long as
the same one of the two decides, what its `sudo` becomes is told of that path. Where the other one
decides from now on, neither may have changed: there the `sudo` of LIST has a line of its own.

Where no rule that changed matches a path, both sides decide it alike: only the others are walked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, StrEnum, unique
from typing import Final, TypeAlias

from policies.acl import Acl, Pattern, Region, Rule, differing, plainness, regions
from policies.acl.meetings import Meetings
from policies.acl.patterns import Precedence, meeting
from policies.hcl import ORDER, Capability, in_order
from policies.review.conditions import Example, conditions_of, loosened

_NONE: Final[frozenset[Capability]] = frozenset()


@unique
class Direction(StrEnum):
    GAINED = "gained"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class AccessChange:
    """`capabilities` on `paths`, except on those within them that `besides` lists."""

    direction: Direction
    capabilities: tuple[Capability, ...]
    paths: str
    besides: tuple[str, ...]
    witness: str
    """A path to ask Vault about: one side grants the capabilities there, the other does not."""
    rule: str
    """The rule that grants, on the side that does."""
    instead_of: tuple[str, ...]
    """The rules that decide on the other side; an empty one where none matches."""
    conditions: str = ""
    """What the granting rule asks of a request (parameters, wrapping), in words; empty: nothing."""
    example: Example | None = None
    """Where both sides have the capability: a request that only the granting rule allows."""


_Pair: TypeAlias = "tuple[Rule | None, ...]"
"""Of both sides."""


def difference(before: Acl, after: Acl) -> tuple[AccessChange, ...]:
    """What the holder of `before` gains and loses with `after`; nothing where both decide alike."""
    found: dict[_Asked, dict[_Key, _Case]] = {asked: {} for asked in _Asked}
    both = (before, after)
    for region in regions(both, differing(*both)):
        for asked, (old, new) in _pairs(region):
            key = (old.pattern if old else None, new.pattern if new else None)
            case = _Case(old, new, region.witness, asked)
            known = found[asked].get(key)
            if known is None or case.preference < known.preference:
                found[asked][key] = case
    changes = [
        change
        for cases in found.values()
        for direction in Direction
        for change in _told(cases.values(), direction)
    ]
    return tuple(sorted(changes, key=_place))


@unique
class _Asked(Enum):
    """Which of a deciding rule's capabilities count."""

    PATH = frozenset(Capability) - {Capability.LIST}
    LIST = frozenset({Capability.LIST})
    SUDO_OF_LIST = frozenset({Capability.SUDO})


_Key: TypeAlias = "tuple[Pattern | None, Pattern | None]"


def _pairs(region: Region) -> Iterator[tuple[_Asked, _Pair]]:
    yield _Asked.PATH, region.rules
    yield _Asked.LIST, region.listing
    crossing = region.listing not in (region.rules, region.folder)
    if crossing and all(rule and Capability.LIST in rule.granted for rule in region.listing):
        yield _Asked.SUDO_OF_LIST, region.listing


def _place(change: AccessChange) -> tuple[object, ...]:
    return change.direction, change.paths, [ORDER[c] for c in change.capabilities], change.witness


@dataclass(frozen=True, slots=True, eq=False)
class _Case:
    """One pair of deciding rules that some path has, and such a path."""

    old: Rule | None
    new: Rule | None
    witness: str
    asked: _Asked

    def granting(self, direction: Direction) -> Rule | None:
        return self.new if direction is Direction.GAINED else self.old

    def other(self, direction: Direction) -> Rule | None:
        return self.old if direction is Direction.GAINED else self.new

    def granted(self, rule: Rule | None) -> frozenset[Capability]:
        return rule.granted & self.asked.value if rule else _NONE

    def changed(self, direction: Direction) -> frozenset[Capability]:
        return self.granted(self.granting(direction)) - self.granted(self.other(direction))

    def loosened(self, direction: Direction) -> frozenset[Capability]:
        """What both have, and the granting side gives more freely."""
        both = self.granted(self.granting(direction)) & self.granted(self.other(direction))
        return frozenset(one for one in both if self.example(direction, [one]))

    def example(self, direction: Direction, capabilities: Iterable[Capability]) -> Example | None:
        """A request that only the granting side allows, though both have the capability."""
        one, other = self.granting(direction), self.other(direction)
        if one is None or other is None:
            return None
        return next(filter(None, (loosened(other, one, c) for c in capabilities)), None)

    def patterns(self, direction: Direction) -> tuple[Pattern, ...]:
        """The paths that all of these match are the case's own, and those where others go first."""
        rules = (self.granting(direction), self.other(direction))
        patterns = tuple(rule.pattern for rule in rules if rule)
        crossing = self.asked is _Asked.SUDO_OF_LIST
        return tuple(map(self.with_slash, patterns)) if crossing else patterns

    def with_slash(self, pattern: Pattern) -> Pattern:
        """Where one side's LIST is decided by the path's rule, and the other's by the folder's:
        the paths of this rule of which that is so.
        """
        if not pattern.matches(self.witness.removesuffix("/")):
            return Pattern.of(pattern.text.removesuffix("*"))
        return pattern if pattern.globbed else Pattern.of(f"{pattern.text}/")

    def place(self, direction: Direction) -> Pattern:
        """Cases of one granting rule have a path in common only if these patterns have one. Of LIST
        the two sides' patterns can be about the folder with its slash and without.
        """
        return self.patterns(direction)[-1 if self.asked is _Asked.PATH else 0]

    def rank(self, direction: Direction) -> Precedence | tuple[()]:
        """The other side's rule decides rather than those of lower rank."""
        other = self.other(direction)
        return other.pattern.precedence if other else ()

    @property
    def preference(self) -> tuple[bool, bool, int, str]:
        """Of several witnesses the least is shown; of LIST, one that ends in a slash goes first."""
        plain = plainness(self.witness)
        return plain if self.asked is _Asked.PATH else (not plain[0], *plain[1:])


def _told(cases: Iterable[_Case], direction: Direction) -> Iterator[AccessChange]:
    by_rule = defaultdict[Pattern, list[_Case]](list)
    for case in cases:
        if rule := case.granting(direction):
            by_rule[rule.pattern].append(case)
    meeting_it = Meetings((one, one) for one in by_rule)
    for pattern, of_rule in by_rule.items():
        for only_conditions, changed in ((False, _Case.changed), (True, _Case.loosened)):
            for capabilities, changing in _together(of_rule, direction, changed):
                exceptions = [
                    other
                    for other in meeting_it.of(pattern)
                    if not all(
                        changed(case, direction).issuperset(capabilities) for case in by_rule[other]
                    )
                ]
                for line in _lines(changing, of_rule, direction):
                    yield line.told(capabilities, exceptions, only_conditions=only_conditions)


def _together(
    cases: list[_Case],
    direction: Direction,
    changed: Callable[[_Case, Direction], frozenset[Capability]],
) -> Iterator[tuple[tuple[Capability, ...], tuple[_Case, ...]]]:
    """The capabilities that change in the same cases, and those cases."""
    places = defaultdict[Capability, list[_Case]](list)
    for case in cases:
        for capability in changed(case, direction):
            places[capability].append(case)
    together = defaultdict[tuple[_Case, ...], list[Capability]](list)
    for capability, where in places.items():
        together[tuple(where)].append(capability)
    for changing, capabilities in together.items():
        yield in_order(capabilities), changing


@dataclass(slots=True)
class _Line:
    """What is told at once: the paths of `first`, without those of `besides`. All `cases` lie
    within.
    """

    direction: Direction
    first: _Case
    besides: list[_Case]
    cases: list[_Case]
    _near: Meetings[_Case] = field(init=False)

    def __post_init__(self) -> None:
        self._near = _by_place(self.besides, self.direction)

    def covers(self, case: _Case) -> bool:
        patterns = case.patterns(self.direction)
        within = meeting(*self.first.patterns(self.direction), *patterns) == meeting(*patterns)
        return within and not any(
            meeting(*patterns, *beside.patterns(self.direction))
            for beside in self._near.of(case.place(self.direction))
        )

    def told(
        self,
        capabilities: tuple[Capability, ...],
        exceptions: Iterable[Pattern],
        *,
        only_conditions: bool,
    ) -> AccessChange:
        """`exceptions`: rules of the granting side whose paths this is not about, if they go
        before the granting one.
        """
        best = min(self.cases, key=lambda case: case.preference)
        granting = best.granting(self.direction)
        assert granting is not None
        others = [case.other(self.direction) for case in self.cases]
        paths = self.first.patterns(self.direction)
        elsewhere = [beside.patterns(self.direction) for beside in self.besides]
        own = granting.pattern.precedence
        elsewhere += [(other,) for other in exceptions if other.precedence > own]
        besides = {meeting(*paths, *patterns) for patterns in elsewhere}
        told = meeting(*paths) or meeting(*map(self.first.with_slash, paths))
        assert told is not None
        return AccessChange(
            self.direction,
            capabilities,
            told,
            tuple(sorted(filter(None, besides))),
            best.witness,
            granting.pattern.text,
            tuple(sorted({rule.pattern.text if rule else "" for rule in others})),
            conditions_of(granting),
            best.example(self.direction, capabilities) if only_conditions else None,
        )


def _by_place(cases: Iterable[_Case], direction: Direction) -> Meetings[_Case]:
    return Meetings((case.place(direction), case) for case in cases)


def _lines(changing: Iterable[_Case], cases: list[_Case], direction: Direction) -> list[_Line]:
    """Of one granting rule's cases those that change, in as few lines as there can be: a case that
    lies within an earlier line, and outside its exceptions, belongs to it.
    """
    changes = set(changing)
    rest = _by_place((case for case in cases if case not in changes), direction)
    lines, numbers = list[_Line](), Meetings[int]()
    for case in sorted(changing, key=lambda case: case.rank(direction)):
        place = case.place(direction)
        near = (lines[number] for number in sorted(numbers.of(place)))
        if fitting := next((line for line in near if line.covers(case)), None):
            fitting.cases.append(case)
            continue
        besides = [
            other
            for other in rest.of(place)
            if other.rank(direction) > case.rank(direction)
            and meeting(*case.patterns(direction), *other.patterns(direction))
        ]
        numbers.add(place, len(lines))
        lines.append(_Line(direction, case, besides, [case]))
    return lines
