"""All paths there are, divided into regions within which every rule matches all paths or none.

Why this is complete: whether a pattern matches a path depends, segment by segment, only on whether
the segment equals one of the literals that patterns still alive ask for at that place, on the
longest of the beginnings that they ask for, and on whether it is empty, which LIST looks at. Those
are finitely many classes at each place, and they are disjoint. Paths whose segments are of the same
classes leave the same patterns alive and the same matched, and so are decided by the same rules, by
LIST too. The walk below takes one segment of every class at every place, from every state that can
be reached, until no pattern is alive any more and nothing new can be told apart. So each path is in
one region, and each region has a witness, a path that can be asked for.

A path has no leading slash: Vault strips them all. The empty path is none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import count, repeat

from policies.acl.decision import Acl
from policies.acl.patterns import Kind, Pattern
from policies.acl.rules import Rule
from policies.hcl import Capability


def _others() -> Iterator[str]:
    """Names for segments that no rule asks for, each with another first letter."""
    yield from ("any", "other", "some", "zone")
    yield from map(chr, count(ord("\u00a1")))


@dataclass(frozen=True, slots=True)
class Region:
    """Some of the paths for which the rules are these. For each ACL, in the order given: the rule
    that decides, the one that decides LIST, and the one that decides the same path without its last
    slash, if it has one. `within`: which of the marked patterns match.
    """

    witness: str
    rules: tuple[Rule | None, ...]
    listing: tuple[Rule | None, ...]
    folder: tuple[Rule | None, ...]
    within: frozenset[Pattern]


@dataclass(frozen=True, slots=True)
class _Matched:
    """Of one ACL's patterns, those that match when the path ends here."""

    exact: Pattern | None
    other: Pattern | None


@dataclass(frozen=True, slots=True)
class _State:
    """After some segments: who may still match, who matches if the path ends here, and who
    matches whatever follows (of each ACL the first in precedence, as no other can decide)."""

    depth: int
    alive: frozenset[Pattern]
    ended: frozenset[Pattern]
    passed: tuple[Pattern | None, ...]
    inside: frozenset[Pattern]

    def key(self) -> tuple[object, ...]:
        """Without depth where nobody asks for it."""
        return self.depth if self.alive else -1, self.alive, self.ended, self.passed, self.inside


def regions(
    acls: Sequence[Acl], marked: Sequence[Pattern] = (), among: AbstractSet[Pattern] | None = None
) -> Iterator[Region]:
    """Every region, shorter witnesses first. Some can have equal rules: who wants each pair of
    rules once must collect them. `among`: of all rules only these, as if there were no others.
    """
    owned = [frozenset(acl.rules if among is None else among & acl.rules.keys()) for acl in acls]
    marks = frozenset(marked)
    everyone = frozenset[Pattern]().union(*owned, marks)
    nobody: tuple[Pattern | None, ...] = (None,) * len(acls)
    start = _State(0, everyone, frozenset(), nobody, frozenset())
    queue = deque([("", start)])
    seen = {start.key()}
    while queue:
        path, state = queue.popleft()
        here = list(map(_matched, repeat(state), owned, state.passed))
        crossing = _Crossing(state)
        for segment in crossing.segments():
            if state.depth == 0 and not segment:
                continue
            after = crossing.to(segment, owned, marks)
            longer = segment if state.depth == 0 else f"{path}/{segment}"
            there = list(map(_matched, repeat(after), owned, after.passed))
            ends_in_slash = state.depth and not segment
            folders = here if ends_in_slash else [_Matched(None, None)] * len(acls)
            yield Region(
                longer,
                _deciding(acls, there),
                tuple(
                    _rule(acl, end.exact or folder.exact or folder.other or end.other)
                    for acl, end, folder in zip(acls, there, folders, strict=True)
                ),
                _deciding(acls, here if ends_in_slash else there),
                (after.inside | (after.ended & marks)),
            )
            if after.key() not in seen:
                seen.add(after.key())
                queue.append((longer, after))


def witness(acl: Acl, pattern: Pattern, capability: Capability) -> str | None:
    """A path within `pattern` for which `acl` grants `capability`; None if there is none."""
    for region in regions((acl,), (pattern,)):
        rule = (region.listing if capability is Capability.LIST else region.rules)[0]
        if region.within and rule and capability in rule.granted:
            return region.witness
    return None


def plainness(witness: str) -> tuple[bool, bool, int, str]:
    """Of several witnesses the least is the one to show."""
    return witness.endswith("/"), "//" in witness, len(witness), witness


def _deciding(acls: Sequence[Acl], matched: Sequence[_Matched]) -> tuple[Rule | None, ...]:
    return tuple(_rule(acl, one.exact or one.other) for acl, one in zip(acls, matched, strict=True))


def _rule(acl: Acl, pattern: Pattern | None) -> Rule | None:
    return None if pattern is None else acl.rules[pattern]


def _matched(state: _State, own: frozenset[Pattern], passed: Pattern | None) -> _Matched:
    ended = state.ended & own
    exact = next((p for p in ended if p.kind is Kind.EXACT), None)
    return _Matched(exact, _first([p for p in ended if p.kind is not Kind.EXACT], passed))


def _first(patterns: Iterable[Pattern], best: Pattern | None) -> Pattern | None:
    """The one that decides, where all of them match."""
    for pattern in patterns:
        if best is None or pattern.precedence > best.precedence:
            best = pattern
    return best


class _Crossing:
    """What the next segment can be, and where it leads."""

    def __init__(self, state: _State) -> None:
        self._state = state
        self._any = list[Pattern]()
        self._literals: dict[str, list[Pattern]] = {"": []}
        self._beginnings: dict[str, list[Pattern]] = {"": []}
        for pattern in state.alive:
            part = pattern.parts[state.depth]
            if part is None:
                self._any.append(pattern)
            elif pattern.globbed and state.depth == len(pattern.parts) - 1:
                self._beginnings.setdefault(part, []).append(pattern)
            else:
                self._literals.setdefault(part, []).append(pattern)

    def segments(self) -> Iterator[str]:
        """One of each class."""
        yield from sorted(self._literals.keys() - {""})
        for beginning in sorted(self._beginnings):
            if beginning and beginning not in self._literals:
                yield beginning
            else:
                yield self._another(beginning)
        yield ""

    def _another(self, beginning: str) -> str:
        """A segment that starts so, with none of the longer beginnings, and is no literal."""
        taken = {
            longer[len(beginning)]
            for longer in self._beginnings
            if longer != beginning and longer.startswith(beginning)
        }
        name = beginning + next(other for other in _others() if other[0] not in taken)
        numbered = (f"{name}{number or ''}" for number in count())
        return next(candidate for candidate in numbered if candidate not in self._literals)

    def to(
        self, segment: str, owned: Sequence[frozenset[Pattern]], marks: frozenset[Pattern]
    ) -> _State:
        state = self._state
        going_on, passed = self._any + self._literals.get(segment, []), list[Pattern]()
        for length in range(len(segment) + 1):
            passed += self._beginnings.get(segment[:length], [])
        ended = {p for p in going_on if len(p.parts) == state.depth + 1}
        return _State(
            state.depth + 1,
            frozenset(going_on) - ended,
            frozenset(ended),
            tuple(
                _first((p for p in passed if p in own), old)
                for own, old in zip(owned, state.passed, strict=True)
            ),
            state.inside | marks.intersection(passed),
        )
