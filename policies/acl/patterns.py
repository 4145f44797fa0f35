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


def meeting(*patterns: Pattern) -> str | None:
    """The paths that all of them match, written as a pattern; None where there are none.

    It can be one that Vault has no rule for: `b+` stands for any one segment that starts with `b`,
    so that `a/b*` and `a/+/c` meet in `a/b+/c`.
    """
    lengths = {len(pattern.parts) for pattern in patterns if not pattern.globbed}
    longest = max(len(pattern.parts) for pattern in patterns)
    if len(lengths) > 1 or (lengths and longest > min(lengths)):
        return None
    written = list[str]()
    for place in range(longest):
        segment = _ANY
        for pattern in patterns:
            both = segment.and_also(_Segment.of(pattern, place))
            if both is None:
                return None
            segment = both
        written.append(str(segment))
    if lengths:
        return "/".join(written)
    return "/".join([*written[:-1], f"{segment.text}*"])


@dataclass(frozen=True, slots=True)
class _Segment:
    """What is asked of one segment: to be `text`, or to start with it."""

    text: str
    open: bool

    @classmethod
    def of(cls, pattern: Pattern, place: int) -> _Segment:
        part = pattern.parts[place] if place < len(pattern.parts) else None
        if part is None:
            return _ANY
        return cls(part, open=pattern.globbed and place == len(pattern.parts) - 1)

    def and_also(self, other: _Segment) -> _Segment | None:
        longer, shorter = (self, other) if len(self.text) > len(other.text) else (other, self)
        if self.text == other.text:
            return _Segment(self.text, open=self.open and other.open)
        return longer if shorter.open and longer.text.startswith(shorter.text) else None

    def __str__(self) -> str:
        if not self.open:
            return self.text
        return f"{self.text}+"


_ANY = _Segment("", open=True)
