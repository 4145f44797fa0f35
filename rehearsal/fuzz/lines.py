"""Reads the lines of a difference as a reviewer does: by their words.

It deliberately does not ask how the lines were found: whether the words are right is the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import TypeAlias

from policies.acl import Acl
from policies.hcl import Capability
from policies.review.difference import AccessChange, Direction

Sides: TypeAlias = Mapping[Direction, Acl]
"""Direction -> the side that grants what goes that way: what was before grants what is lost."""
Change: TypeAlias = tuple[Direction, Capability]


def opposite(direction: Direction) -> Direction:
    return Direction.LOST if direction is Direction.GAINED else Direction.GAINED


def said(lines: Iterable[AccessChange], sides: Sides, path: str) -> Iterator[Change]:
    """What the lines say of this path. LIST, whose words name a folder's rule, is looked up."""
    for line in lines:
        if line.capabilities == (Capability.LIST,):
            about = _lists(line, sides, path)
        else:
            about = _matches(line.paths, path) and not any(_matches(b, path) for b in line.besides)
        if about:
            yield from ((line.direction, capability) for capability in line.capabilities)


def _lists(line: AccessChange, sides: Sides, path: str) -> bool:
    granting, other = (
        acl.rule(path, listing=True)
        for acl in (sides[line.direction], sides[opposite(line.direction)])
    )
    return (
        granting is not None
        and granting.pattern.text == line.rule
        and (other.pattern.text if other else "") in line.instead_of
    )


def _matches(words: str, path: str) -> bool:
    return _expression(words).fullmatch(path) is not None


@lru_cache(maxsize=4096)
def _expression(words: str) -> re.Pattern[str]:
    """A last `*` is any rest of the path; a segment's last `+` is any rest of that segment."""
    bare = words.removesuffix("*")
    parts = [
        f"{re.escape(part[:-1])}[^/]*" if part.endswith("+") else re.escape(part)
        for part in bare.split("/")
    ]
    return re.compile("/".join(parts) + (".*" if bare != words else ""), re.DOTALL)
