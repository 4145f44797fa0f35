"""The paths that a rule matches, and which of several matching rules Vault applies.

A path is text without leading slashes; its segments are what stands between slashes, and may be
empty. Three kinds of rule: exact; prefix (ends in `*`, and `+` means itself); segments (`+` is any
one segment, and a last `*` any rest).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from functools import lru_cache
from typing import TypeAlias


@unique
class Kind(StrEnum):
    EXACT = "exact"
    PREFIX = "prefix"
    SEGMENTS = "segments"


Precedence: TypeAlias = tuple[bool, int, bool, int, int, bytes]


@dataclass(frozen=True, slots=True)
class Pattern:
    """One rule's path, as Vault keys it: without one leading slash, wildcards included.

    Two rules are about the same paths, and merge, if and only if their patterns are equal.
    """

    text: str
    kind: Kind = field(init=False)
    parts: tuple[str | None, ...] = field(init=False, repr=False, compare=False)
    """Segment by segment what it must be; None for any. Where `globbed`, the last is what its
    segment must start with, and any path may follow."""
    globbed: bool = field(init=False, repr=False, compare=False)
    precedence: Precedence = field(init=False, repr=False, compare=False)
    """Of several that match, the greatest decides."""

    def __post_init__(self) -> None:
        wild = self.text == "+" or self.text.startswith("+/") or "/+" in self.text
        globbed = self.text.endswith("*")
        bare = self.text[:-1] if globbed else self.text
        segments = bare.split("/")
        parts = tuple(None if wild and part == "+" else part for part in segments)
        kind = Kind.SEGMENTS if wild else Kind.PREFIX if globbed else Kind.EXACT
        for name, value in (
            ("kind", kind),
            ("parts", parts),
            ("globbed", globbed),
            ("precedence", _precedence(kind, bare, globbed=globbed, any_one=parts.count(None))),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def of(cls, label: str) -> Pattern:
        """From a stanza's label, of which Vault drops one leading slash."""
        return _interned(label.removeprefix("/"))

    def matches(self, path: str) -> bool:
        """Whether this rule is about `path`. Says nothing of others that are, too."""
        if self.kind is Kind.EXACT:
            return path == self.text
        if self.kind is Kind.PREFIX:
            return path.startswith(self.text[:-1])
        return self.matches_segments(path.split("/"))

    def matches_segments(self, segments: list[str]) -> bool:
        """As `matches`, for a path that was split already."""
        last = len(self.parts) - 1
        if len(segments) <= last or (len(segments) > last + 1 and not self.globbed):
            return False
        for place, (part, segment) in enumerate(zip(self.parts, segments, strict=False)):
            if part is None or part == segment:
                continue
            if not (self.globbed and place == last and segment.startswith(part)):
                return False
        return True

    def __str__(self) -> str:
        return self.text


def _precedence(kind: Kind, bare: str, *, globbed: bool, any_one: int) -> Precedence:
    """Exact first; then the later first wildcard; not globbed; fewer `+`; longer; greater.

    Vault counts bytes, and for the first wildcard looks for the character `+`, whatever it means.
    """
    encoded = bare.encode(errors="surrogateescape")
    first = encoded.index(b"+") if kind is Kind.SEGMENTS else len(encoded)
    return kind is Kind.EXACT, first, not globbed, -any_one, len(encoded), encoded


@lru_cache(maxsize=65536)
def _interned(text: str) -> Pattern:
    return Pattern(text)


def meeting(one: Pattern, other: Pattern) -> str | None:
    """The paths that both match, written as a pattern; None where there are none.

    It can be one that Vault has no rule for: `a/b*/c` for `a/b*` and `a/+/c`.
    """
    length = max(len(one.parts), len(other.parts))
    ended = [p for p in (one, other) if not p.globbed]
    if any(len(pattern.parts) < length for pattern in ended):
        return None
    written = list[str]()
    for place in range(length):
        segment = _both(_at(one, place), _at(other, place))
        if segment is None:
            return None
        written.append(segment)
    if not ended:
        last = written[-1]
        written[-1] = last if last.endswith("*") else f"{last}*"
    return "/".join(written)


@dataclass(frozen=True, slots=True)
class _Segment:
    """What a pattern asks of one segment: to be `text`, or to start with it."""

    text: str
    open: bool


def _at(pattern: Pattern, place: int) -> _Segment:
    if place >= len(pattern.parts):
        return _Segment("", open=True)
    part = pattern.parts[place]
    if part is None:
        return _Segment("", open=True)
    return _Segment(part, open=pattern.globbed and place == len(pattern.parts) - 1)


def _both(one: _Segment, other: _Segment) -> str | None:
    shorter, longer = sorted((one, other), key=lambda segment: len(segment.text))
    if not longer.text.startswith(shorter.text):
        return None
    if not shorter.open and (longer.text != shorter.text):
        return None
    if not (one.open and other.open):
        return longer.text if not longer.open or longer.text == shorter.text else None
    return f"{longer.text}*" if longer.text else "+"
