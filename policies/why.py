"""Why one rule of an ACL decides a path, and why each of the others does not.

`policies.acl` says which; this says it in words, rule by rule, for whoever asks about an answer.
What it deliberately does not do: decide anything of its own. A test holds it to `Acl.rule`.
Units: segments and bytes are counted from 1, as readers count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique
from itertools import zip_longest

from policies.acl import Acl, Pattern, Rule
from policies.acl.patterns import Kind


@unique
class Outcome(StrEnum):
    DECIDES = "decides"
    OUTRANKED = "outranked"
    """It matches, and another goes first."""
    NO_MATCH = "no match"


@dataclass(frozen=True, slots=True)
class Considered:
    """One rule, and what became of it. `matched`: how many of the path's segments it fits."""

    rule: Rule
    outcome: Outcome
    reason: str
    matched: int


@unique
class _Step(IntEnum):
    """Where Vault looks, in this order; the first hit decides. The two of the folder are only for
    LIST, of a path that ends in a slash.
    """

    PATH = 1
    FOLDER = 2
    WITHIN_FOLDER = 3
    WILD = 4


_LEADS: dict[_Step, str] = {
    _Step.PATH: "a rule without wildcards that is the path itself goes first",
    _Step.FOLDER: (
        "LIST asks for the folder's name without its slash, and a rule that is just that goes first"
    ),
    _Step.WITHIN_FOLDER: (
        "LIST asks first which rules match the folder's name without its slash, and one that does "
        "decides, whatever it says"
    ),
}


def considered(acl: Acl, path: str, *, listing: bool = False) -> tuple[Considered, ...]:
    """Every rule: the one that decides, then those that match, the best first, then the others,
    the nearest first.
    """
    return tuple(_considered(acl.rules.values(), path.lstrip("/"), listing=listing))


def _considered(rules: Iterable[Rule], path: str, *, listing: bool) -> Iterator[Considered]:
    ranked = list[tuple[_Step, Rule]]()
    others = list[Considered]()
    segments = len(path.split("/"))
    for rule in rules:
        step = _step(rule.pattern, path, listing=listing)
        if step is None:
            place, reason = _mismatch(rule.pattern, path)
            others.append(Considered(rule, Outcome.NO_MATCH, reason, place - 1))
        else:
            ranked.append((step, rule))
    # Best first: the sort is stable, so precedence counts within a step.
    ranked.sort(key=lambda one: one[1].pattern.precedence, reverse=True)
    ranked.sort(key=lambda one: one[0])
    for place, (step, rule) in enumerate(ranked):
        if place == 0:
            yield Considered(rule, Outcome.DECIDES, _lead(step, len(ranked) - 1), segments)
        else:
            reason = _lost(ranked[0], (step, rule))
            yield Considered(rule, Outcome.OUTRANKED, reason, segments)
    yield from sorted(others, key=lambda one: (-one.matched, one.rule.pattern.text))


def _step(pattern: Pattern, path: str, *, listing: bool) -> _Step | None:
    """The first step at which Vault finds this rule for the path; None where it never does."""
    exact = pattern.kind is Kind.EXACT
    if listing and path.endswith("/") and pattern.matches(path[:-1]):
        return _Step.FOLDER if exact else _Step.WITHIN_FOLDER
    if not pattern.matches(path):
        return None
    return _Step.PATH if exact else _Step.WILD


def _lead(step: _Step, others: int) -> str:
    if not others:
        return "no other rule matches"
    return _LEADS.get(step) or "of the rules that match, it goes first"


def _lost(winner: tuple[_Step, Rule], loser: tuple[_Step, Rule]) -> str:
    (first, winning), (step, losing) = winner, loser
    if first is not step:
        return _LEADS[first]
    return _criterion(winning.pattern, losing.pattern)


def _criterion(winner: Pattern, loser: Pattern) -> str:
    """Which of Vault's five criteria tells two matching rules with wildcards apart."""
    _, first, whole, any_one, length, _ = winner.precedence
    _, other_first, other_whole, other_any_one, other_length, _ = loser.precedence
    if first != other_first:
        return (
            f"1st criterion: its first wildcard is its byte {other_first + 1}, that of "
            f"{winner} byte {first + 1}, and the later one goes first"
        )
    if whole != other_whole:
        return f"2nd criterion: it ends in '*', and {winner}, which does not, goes first"
    if any_one != other_any_one:
        return (
            f"3rd criterion: of segments '+' it has {-other_any_one} and {winner} {-any_one}, and "
            "fewer go first"
        )
    if length != other_length:
        return f"4th criterion: it is shorter than {winner}, and the longer one goes first"
    return f"5th criterion: it comes before {winner} by alphabet, and the later one goes first"


def _mismatch(pattern: Pattern, path: str) -> tuple[int, str]:
    """The first segment that does not fit, and how."""
    last = len(pattern.parts)
    pairs = zip_longest(pattern.parts, path.split("/"), fillvalue=_Missing.END)
    for place, (part, segment) in enumerate(pairs, 1):
        if segment is _Missing.END:
            return place, f"it asks for a segment {place}, and the path has {place - 1}"
        if part is _Missing.END:
            return place, f"it ends before segment {place}, which is {segment!r}"
        if part is None or part == segment:
            continue
        if pattern.globbed and place == last:
            assert isinstance(segment, str)
            if segment.startswith(str(part)):
                break
            return place, f"segment {place} is {segment!r}, and does not start with {part!r}"
        return place, f"segment {place} is {segment!r}, and not {part!r}"
    raise ValueError(f"{pattern} matches {path!r}: there is nothing that does not fit")


@unique
class _Missing(StrEnum):
    END = "/"
    """No segment holds a slash."""
