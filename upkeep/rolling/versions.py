"""Vault's versions: which one an image holds, and which may follow which. Pure.

What Vault calls a major version is its first two numbers, 1.21: HashiCorp publishes notes on
upgrading for each, and changes how data are stored between them, never back.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Self

_VERSION = re.compile(
    r"v?(?P<numbers>\d+\.\d+\.\d+)(?:-(?P<before>(?!ent)[0-9A-Za-z.-]+?))?"
    r"(?P<edition>[+-]ent(?:[.+-][0-9A-Za-z.+-]*)?)?"
)
# Some number of the registry's port, then the tag; a digest says nothing of the version.
_TAG = re.compile(r":(?P<tag>[\w][\w.-]*)(?:@sha256:[0-9a-f]+)?$")


@dataclass(frozen=True, order=True, slots=True)
class Version:
    """`1.21.0`, `1.21.0-rc1` or `1.21.0+ent`. Ordered by age; the edition does not count there."""

    numbers: tuple[int, int, int]
    released: bool = True
    """A release comes after its candidates."""
    before: str = ""
    enterprise: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises `ValueError`."""
        found = _VERSION.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no version of Vault; write one such as 1.21.0")
        major, minor, patch = map(int, found["numbers"].split("."))
        before = found["before"] or ""
        return cls((major, minor, patch), not before, before, bool(found["edition"]))

    @classmethod
    def of_image(cls, image: str) -> Self | None:
        """By the image's tag; None where that names no version."""
        tag = _TAG.search(image)
        try:
            return cls.parse(tag["tag"]) if tag else None
        except ValueError:
            return None

    @property
    def line(self) -> tuple[int, int]:
        """What Vault calls its major version: `1.21`."""
        return self.numbers[:2]

    def __str__(self) -> str:
        numbers = ".".join(map(str, self.numbers))
        before = f"-{self.before}" if self.before else ""
        return f"{numbers}{before}{'+ent' if self.enterprise else ''}"


def why_not(now: Version, wanted: Version) -> str:
    """Why a server must not be changed from the one to the other, and the fix; empty where it may.

    A release line may not be skipped: while the servers are changed, both versions write one log.
    Which line was the last before 2.0 nobody can tell from numbers, so 2.0 may follow any of 1.
    """
    if now.enterprise and not wanted.enterprise:
        return (
            f"{now} to {wanted} leaves Enterprise, whose data the other edition does not read; "
            "fix: write an image with +ent or -ent"
        )
    if wanted < now:
        return (
            f"{now} to {wanted} is a downgrade, which Vault does not support: data may be written "
            "anew already; fix: write the newer image, or restore the snapshot from before"
        )
    (major, minor), (wanted_major, wanted_minor) = now.line, wanted.line
    if major == wanted_major and wanted_minor > minor + 1:
        return (
            f"{now} to {wanted} skips a major version; fix: upgrade to {major}.{minor + 1} first, "
            "then go on"
        )
    if wanted_major > major and (wanted_major > major + 1 or wanted_minor > 0):
        return (
            f"{now} to {wanted} skips a major version; fix: upgrade to {major + 1}.0 first, then "
            "go on"
        )
    return ""
