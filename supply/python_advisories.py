"""Known vulnerabilities of the locked Python packages: pip-audit asks PyPI about each version.

pip-audit ends well when PyPI knows nothing of a package, or when a mirror in its place serves no
advisories: it calls that skipped. Here a version that was skipped was not asked about. One is asked
about first, so that nobody is asked hundreds of times who does not answer.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from supply import accepted, pins
from supply.accepted import Advisory
from supply.pins import Pin
from supply.step import Answer, CannotAudit, NotAsked, last_line, run

SOURCE: Final = "PyPI (pypi.org)"
_SHOWN: Final = 3


class _Vulnerability(msgspec.Struct):
    id: str
    fix_versions: list[str] = []
    aliases: list[str] = []


class _Dependency(msgspec.Struct):
    name: str
    version: str = ""
    vulns: list[_Vulnerability] = []
    skip_reason: str = ""


class _Report(msgspec.Struct):
    dependencies: list[_Dependency]


Ask = Callable[[Sequence[Pin]], bytes]
"""What pip-audit reports about these versions."""


def audit() -> Answer:
    return judged(pins.all_python(), ask, accepted.read())


def judged(locked: Sequence[Pin], ask: Ask, entries: Sequence[accepted.Entry]) -> Answer:
    read(ask(locked[:1]))
    # For different Pythons a lock has several versions of a package; pip-audit takes one at once.
    found = list[Advisory]()
    for round_ in _rounds(locked):
        found += read(ask(round_))
    of_python = [entry for entry in entries if not entry.of_go]
    left = accepted.unaccepted(found, of_python, datetime.now(UTC).date())
    return Answer(f"{SOURCE} knows {len(found)} of {len(locked)} locked versions", left)


def _rounds(locked: Sequence[Pin]) -> list[list[Pin]]:
    rounds = list[list[Pin]]()
    for pin in locked:
        for round_ in rounds:
            if pin.name not in {other.name for other in round_}:
                round_.append(pin)
                break
        else:
            rounds.append([pin])
    return rounds


def ask(asked: Sequence[Pin]) -> bytes:
    """Without markers, so that packages for other platforms are asked about, too."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        file = Path(folder, "requirements.txt")
        file.write_text("".join(f"{pin.name}=={pin.version}\n" for pin in asked))
        ended = run(
            [
                *(sys.executable, "-m", "pip_audit", "--requirement", file),
                *("--no-deps", "--disable-pip", "--vulnerability-service", "pypi"),
                *("--format", "json", "--progress-spinner", "off"),
            ]
        )
    if not ended.stdout.startswith("{"):
        raise NotAsked(f"{SOURCE} did not answer: {last_line(ended)}")
    return ended.stdout.encode()


def read(report: bytes) -> list[Advisory]:
    """Raises `NotAsked` where a version was skipped."""
    try:
        dependencies = msgspec.json.decode(report, type=_Report).dependencies
    except msgspec.DecodeError as error:
        raise CannotAudit(f"pip-audit's report cannot be read: {error}") from None
    if skipped := [one for one in dependencies if one.skip_reason]:
        names = ", ".join(one.name for one in skipped[:_SHOWN])
        more = f" and {len(skipped) - _SHOWN} more" if len(skipped) > _SHOWN else ""
        raise NotAsked(f"{SOURCE} does not know {names}{more}; is a mirror in its place?")
    return [
        Advisory(
            Pin(one.name, one.version),
            known.id,
            ", ".join(known.fix_versions),
            frozenset(known.aliases),
        )
        for one in dependencies
        for known in one.vulns
    ]
