"""The list of findings that are no secrets, each with its reason.

    [[ignore]]
    path = "tests/**"                    # within what is scanned; * and ** as in .gitignore
    rule = "custom.secret-beside-its-name"   # optional: any rule
    fingerprint = "0f3c..."              # optional: any value
    reason = "throwaway values that the tests make up"

An entry that fits nothing is told: what it was written for is gone, and it would hide the next one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from migration.errors import CannotScan
from migration.scanning.findings import Finding


class Ignored(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry of the list."""

    path: str
    reason: str
    rule: str | None = None
    fingerprint: str | None = None

    def __post_init__(self) -> None:
        if not self.reason.strip() or not self.path:
            raise ValueError("must have a path and a reason")

    def fits(self, finding: Finding) -> bool:
        return (
            (self.rule is None or finding.rules == (self.rule,))
            and self.fingerprint in (None, finding.fingerprint)
            and _pattern(self.path).fullmatch(finding.path) is not None
        )

    def __str__(self) -> str:
        return ", ".join(part for part in (self.path, self.rule, self.fingerprint) if part)


class _List(msgspec.Struct, forbid_unknown_fields=True):
    ignore: list[Ignored]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Findings, and those that are ignored with the entry that says so."""

    secrets: tuple[Finding, ...]
    ignored: tuple[tuple[Finding, Ignored], ...]
    unused: tuple[Ignored, ...]


def read(file: Path) -> tuple[Ignored, ...]:
    """The entries of the list. Raises `CannotScan`."""
    try:
        return tuple(msgspec.convert(tomllib.loads(file.read_text("utf-8")), _List).ignore)
    except OSError as error:
        raise CannotScan(f"{file}: cannot be read ({error.strerror}); name a list") from None
    except (ValueError, msgspec.ValidationError) as error:
        raise CannotScan(
            f"{file}: is no list of what to ignore ({error}); write [[ignore]] entries with path "
            "and reason, and if wanted rule and fingerprint"
        ) from None


def sort(findings: Sequence[Finding], entries: Iterable[Ignored]) -> Sorted:
    """What remains, and which entries fit nothing any more."""
    entries = tuple(entries)
    secrets, ignored = list[Finding](), list[tuple[Finding, Ignored]]()
    for finding in findings:
        if fitting := next((one for one in entries if one.fits(finding)), None):
            ignored.append((finding, fitting))
        else:
            secrets.append(finding)
    used = [entry for _, entry in ignored]
    return Sorted(tuple(secrets), tuple(ignored), tuple(one for one in entries if one not in used))


def _pattern(path: str) -> re.Pattern[str]:
    """`*` within a folder, `**` in all below."""
    parts = re.split(r"(\*\*/?|\*)", path)
    inner = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    return re.compile("".join(inner.get(part) or re.escape(part) for part in parts))
