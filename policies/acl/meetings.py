"""Many patterns, and quickly those that have a path in common with another.

Of ten thousand applications' paths a rule meets a few: what does not meet it is not looked at.
Deliberately says nothing of which rule decides: who asks must.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from policies.acl.patterns import Pattern

T = TypeVar("T")


@dataclass(slots=True)
class _Node(Generic[T]):
    """What patterns ask after some segments."""

    literals: dict[str, _Node[T]] = field(default_factory=dict)
    any: _Node[T] | None = None
    beginnings: dict[str, list[T]] = field(default_factory=dict)
    """Of patterns that end in `*` here: what the segment must start with -> their values."""
    ends: list[T] = field(default_factory=list)

    def child(self, part: str | None) -> _Node[T]:
        if part is None:
            if self.any is None:
                self.any = _Node()
            return self.any
        if part not in self.literals:
            self.literals[part] = _Node()
        return self.literals[part]

    def children(self) -> Iterator[_Node[T]]:
        yield from self.literals.values()
        if self.any:
            yield self.any

    def all(self) -> Iterator[T]:
        yield from self.ends
        for values in self.beginnings.values():
            yield from values
        for child in self.children():
            yield from child.all()


class Meetings(Generic[T]):
    """Values by pattern."""

    def __init__(self, items: Iterable[tuple[Pattern, T]] = ()) -> None:
        self._root = _Node[T]()
        for pattern, value in items:
            self.add(pattern, value)

    def add(self, pattern: Pattern, value: T) -> None:
        node, last = self._root, pattern.parts[-1]
        for part in pattern.parts[:-1]:
            node = node.child(part)
        if pattern.globbed:
            node.beginnings.setdefault(last or "", []).append(value)
        else:
            node.child(last).ends.append(value)

    def of(self, pattern: Pattern) -> Iterator[T]:
        """The values of all patterns that some path of `pattern` matches, too."""
        return _meeting(self._root, pattern, 0)


def _meeting(node: _Node[T], pattern: Pattern, depth: int) -> Iterator[T]:
    if depth == len(pattern.parts):
        yield from node.ends
        return
    part = pattern.parts[depth]
    if pattern.globbed and depth == len(pattern.parts) - 1:
        yield from _behind(node, part or "")
        return
    if part is None:
        for values in node.beginnings.values():
            yield from values
        following = list(node.children())
    else:
        for length in range(len(part) + 1):
            yield from node.beginnings.get(part[:length], ())
        following = [child for child in (node.literals.get(part), node.any) if child]
    for child in following:
        yield from _meeting(child, pattern, depth + 1)


def _behind(node: _Node[T], start: str) -> Iterator[T]:
    """What matches some path whose next segment starts so, whatever follows."""
    for beginning, values in node.beginnings.items():
        if beginning.startswith(start) or start.startswith(beginning):
            yield from values
    for literal, child in node.literals.items():
        if literal.startswith(start):
            yield from child.all()
    if node.any:
        yield from node.any.all()
