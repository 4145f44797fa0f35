"""What changes besides ACL text: who may log in, for how long, and what the roles give that a
workload can take credentials from.

Each role is described as terms, each with values; a value that the other side had, or had something
wider of, is neither gained nor lost. What cannot be shown to be narrower is gained.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from policies.lifetime import Duration
from policies.review.coverage import by_name
from policies.review.difference import Direction
from policies.review.model import TermChange, Topic
from policies.review.rights import changed_lines


@dataclass(frozen=True, slots=True)
class Names:
    """Values of which each gives something, such as groups or IAM actions."""

    term: str
    values: frozenset[str]
    covered: Callable[[str, Collection[str]], bool] = by_name


@dataclass(frozen=True, slots=True)
class Amount:
    """The more, the wider."""

    term: str
    value: float
    written: str


@dataclass(frozen=True, slots=True)
class Text:
    """What nobody can say is wider or narrower, such as SQL: any change is gained."""

    term: str
    text: str
    alike: Callable[[str, str], bool] = operator.eq
    """Whether a change of the text means nothing, or is told by another term."""


Term: TypeAlias = Names | Amount | Text


@dataclass(frozen=True, slots=True)
class Described:
    """What a role says."""

    role: str
    """As Vault's path."""
    topic: Topic
    terms: tuple[Term, ...]


def seconds(term: str, value: int, nothing: tuple[float, str] = (math.inf, "unlimited")) -> Amount:
    """A lifetime. `nothing` is what 0 means."""
    if value:
        return Amount(term, value, str(Duration(value)))
    return Amount(term, *nothing)


def changes(before: Iterable[Described], after: Iterable[Described]) -> Iterator[TermChange]:
    """Of all roles, by path. A role that is there on one side only is gained or lost in full."""
    old = {(one.role, one.topic): one for one in before}
    new = {(one.role, one.topic): one for one in after}
    for key in sorted(old.keys() | new.keys()):
        role, topic = key
        one, other = old.get(key), new.get(key)
        befores = {term.term: term for term in one.terms} if one else {}
        afters = {term.term: term for term in other.terms} if other else {}
        for name in {**befores, **afters}:
            for pair in _of_a_kind(befores.get(name), afters.get(name)):
                for direction, was, is_ in _changes(*pair):
                    yield TermChange(direction, topic, role, name, was, is_)


def _of_a_kind(
    before: Term | None, after: Term | None
) -> Iterator[tuple[Term | None, Term | None]]:
    """Where a term changes its kind, such as from a number to a text, one goes and one comes."""
    if before and after and type(before) is not type(after):
        yield before, None
        yield None, after
    else:
        yield before, after


_Change: TypeAlias = tuple[Direction, str, str]


def _changes(before: Term | None, after: Term | None) -> Iterator[_Change]:
    match before, after:
        case (Names(), _) | (_, Names()):
            yield from _names(before, after)
        case Amount(), Amount():
            if before.value != after.value:
                direction = Direction.GAINED if after.value > before.value else Direction.LOST
                yield direction, before.written, after.written
        case Text(), Text():
            if not before.alike(before.text, after.text):
                was, is_ = changed_lines(before.text, after.text)
                yield Direction.GAINED, was, is_
        case None, Amount(written=text) | Text(text=text):
            if text:
                yield Direction.GAINED, "", text
        case Amount(written=text) | Text(text=text), None:
            if text:
                yield Direction.LOST, text, ""
        case _:
            raise AssertionError(f"{before} and {after}: a term is of one kind")


def _names(before: Term | None, after: Term | None) -> Iterator[_Change]:
    old = before.values if isinstance(before, Names) else frozenset[str]()
    new = after.values if isinstance(after, Names) else frozenset[str]()
    one = before or after
    assert isinstance(one, Names)
    gained = sorted(value for value in new - old if not one.covered(value, old))
    lost = sorted(value for value in old - new if not one.covered(value, new))
    if len(old) == len(new) == 1:
        if gained or lost:
            (was,), (is_,) = old, new
            yield Direction.GAINED if gained else Direction.LOST, was, is_
        return
    for value in gained:
        yield Direction.GAINED, "", value
    for value in lost:
        yield Direction.LOST, value, ""
