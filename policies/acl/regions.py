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
from dataclasses import dataclass
from itertools import chain, count, repeat

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
    slash, if it has one. `within`: which of the patterns that were given match.
    """

    witness: str
    rules: tuple[Rule | None, ...]
    listing: tuple[Rule | None, ...]
    folder: tuple[Rule | None, ...]
    within: frozenset[Pattern]


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


def regions(acls: Sequence[Acl], within: Iterable[Pattern] | None = None) -> Iterator[Region]:
    """Every region, shorter witnesses first. Some can have equal rules: who wants each pair of
    rules once must collect them. `within`: only those that one of these patterns matches, with the
    last slash or without; the walk leaves out what leads to none, which is most of it.
    """
    owned = [frozenset(acl.rules) for acl in acls]
    wanted = None if within is None else frozenset(within)
    marks = wanted or frozenset()
    nobody: tuple[Pattern | None, ...] = (None,) * len(acls)
    start = _State(0, marks.union(*owned), frozenset(), nobody, frozenset())
    queue = deque([("", start)])
    seen = {start.key()}
    while queue:
        path, state = queue.popleft()
        here = _deciding(acls, owned, state)
        crossing = _Crossing(state)
        for segment in crossing.segments(wanted):
            if state.depth == 0 and not segment:
                continue
            after = crossing.to(segment, owned, marks)
            longer = segment if state.depth == 0 else f"{path}/{segment}"
            matched = after.inside | (after.ended & marks)
            folder = not segment
            if wanted is None or matched or (folder and state.ended & marks):
                rules = _deciding(acls, owned, after)
                yield Region(
                    longer,
                    rules,
                    tuple(map(_listing, here, rules)) if folder else rules,
                    here if folder else rules,
                    matched,
                )
            if (key := after.key()) not in seen:
                seen.add(key)
                queue.append((longer, after))


def witness(acl: Acl, pattern: Pattern, capability: Capability) -> str | None:
    """A path within `pattern` for which `acl` grants `capability`; None if there is none."""
    for region in regions((acl,), [pattern]):
        rule = (region.listing if capability is Capability.LIST else region.rules)[0]
        if region.within and rule and capability in rule.granted:
            return region.witness
    return None


def plainness(witness: str) -> tuple[bool, bool, int, str]:
    """Of several witnesses the least is the one to show."""
    return witness.endswith("/"), "//" in witness, len(witness), witness


def _deciding(
    acls: Sequence[Acl], owned: Sequence[frozenset[Pattern]], state: _State
) -> tuple[Rule | None, ...]:
    """Where the path ends in this state."""
    return tuple(map(_rule, acls, owned, state.passed, repeat(state.ended)))


def _rule(
    acl: Acl, own: frozenset[Pattern], passed: Pattern | None, ended: frozenset[Pattern]
) -> Rule | None:
    best = _first(ended & own, passed)
    return None if best is None else acl.rules[best]


def _listing(folder: Rule | None, rule: Rule | None) -> Rule | None:
    """Of the same ACL, the rule that decides the path without its last slash, and with it."""
    exact = rule is not None and rule.pattern.kind is Kind.EXACT
    return rule if exact else folder or rule


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

    def segments(self, wanted: frozenset[Pattern] | None) -> Iterator[str]:
        """One of each class that leads to where a wanted pattern matches; None: of each class."""
        state = self._state
        every = wanted is None or state.inside or not wanted.isdisjoint(self._any)
        for literal, asking in sorted(self._literals.items()):
            if literal and (every or self._leads(literal, wanted, asking)):
                yield literal
        for beginning in sorted(self._beginnings):
            if every or self._leads(beginning, wanted):
                known = not beginning or beginning in self._literals
                yield self._another(beginning) if known else beginning
        # The last slash of what ends here counts, too.
        if every or self._leads("", wanted, [*self._literals[""], *state.ended]):
            yield ""

    def _leads(
        self, segment: str, wanted: frozenset[Pattern] | None, asking: Iterable[Pattern] = ()
    ) -> bool:
        return wanted is None or not wanted.isdisjoint(chain(asking, self._passing(segment)))

    def _passing(self, segment: str) -> Iterator[Pattern]:
        """What asks for no more than a beginning of the segment."""
        for length in range(len(segment) + 1):
            yield from self._beginnings.get(segment[:length], ())

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
        going_on = self._any + self._literals.get(segment, [])
        passed = list(self._passing(segment))
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
