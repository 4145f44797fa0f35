"""What is found, without the values: where it is, which rules saw it, and a fingerprint."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from migration.scanning.kingfisher import Match
from migration.scanning.placeholders import is_placeholder

_FINGERPRINT_CHARACTERS: Final = 12


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A value at one place. `path` is relative to what was scanned."""

    path: str
    line: int
    column: int
    commit: str | None
    """Where it is in the history; None in the tree."""
    rules: tuple[str, ...]
    characters: int
    fingerprint: str

    @property
    def file(self) -> str:
        """The file that holds it: of what lies in an archive, the archive."""
        return self.path.partition("!")[0]


def findings_of(matches: Iterable[Match], root: Path) -> tuple[Finding, ...]:
    """One for each value and place, in order; several rules may have seen it."""
    by_place = dict[tuple[str, int, int, str], list[Match]]()
    for match in matches:
        if is_placeholder(match):
            continue
        path = match.path.removeprefix(f"{root}/")
        place = (path, match.line, match.column, match.commit or "")
        by_place.setdefault(place, []).append(match)
    return tuple(
        Finding(
            path,
            line,
            column,
            commit or None,
            tuple(sorted({match.rule for match in same})),
            max(len(match.value) for match in same),
            fingerprint(max((match.value for match in same), key=len)),
        )
        for (path, line, column, commit), same in sorted(by_place.items())
    )


@functools.cache
def fingerprint(value: str) -> str:
    """By which a value is known again, and from which it cannot be had. A slow, salted hash: who
    guesses needs some hundredths of a second for each guess, so a guessable value can still be
    confirmed by who has the fingerprint. Reports are for those who have the code anyway.
    """
    made = hashlib.scrypt(value.encode(), salt=b"vaultstack scan", n=2**13, r=8, p=1, dklen=16)
    return made.hex()[:_FINGERPRINT_CHARACTERS]


def only_in_history(history: Iterable[Finding], tree: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of the history what the tree holds no more; of several commits with one value in a file, the
    first in order.
    """
    known = {(one.file, one.fingerprint) for one in tree}
    left = list[Finding]()
    for one in history:
        if (one.file, one.fingerprint) not in known:
            known.add((one.file, one.fingerprint))
            left.append(one)
    return tuple(left)
