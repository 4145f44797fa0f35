"""Whether everything that is installed may be used: its licence is on the list, or it is itself.

pip-licenses says what a package's metadata says, which is an SPDX expression, several of the old
classifiers, or nothing. Of alternatives one must be allowed, of what holds together all.
Classifiers hold together: whether they were meant as a choice, they do not say.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

from supply import lists, pins
from supply.pins import Pin, canonical
from supply.step import Answer, CannotAudit, last_line, run

FILE: Final = Path(__file__).with_name("licences.toml")
_UNKNOWN: Final = "UNKNOWN"


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A package that the list does not decide: what it is under, and why that is well."""

    name: str
    licence: str
    reason: str


class Allowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`allowed`: SPDX identifiers. `same_as`: a classifier's words -> the identifier."""

    allowed: frozenset[str]
    same_as: dict[str, str]
    package: list[Package]
    program: list[Package]


class Installed(msgspec.Struct, frozen=True, rename={"name": "Name", "licence": "License"}):
    """One package, as pip-licenses tells it."""

    name: str
    licence: str


def audit() -> Answer:
    allowed = lists.read(FILE, Allowed)
    installed = _installed()
    programs = {file.parent.name: pins.go(file) for file in pins.go_files()}
    findings = (*judged(installed, allowed), *_programs(programs, allowed))
    there = {canonical(one.name) for one in installed}
    missing = len({pin.name for pin in pins.all_python()} - there)
    return Answer(
        f"{len(installed)} packages and {len(programs)} Go programs; {missing} more in the locks "
        "are for other platforms, and were not looked at",
        findings,
    )


def _installed() -> tuple[Installed, ...]:
    ended = run([sys.executable, "-m", "piplicenses", "--format", "json", "--with-system"])
    try:
        return tuple(msgspec.json.decode(ended.stdout, type=list[Installed]))
    except msgspec.DecodeError:
        raise CannotAudit(f"pip-licenses wrote no report: {last_line(ended)}") from None


def judged(installed: Iterable[Installed], allowed: Allowed) -> tuple[str, ...]:
    """Packages whose licence is not allowed, and entries for packages that are not there."""
    installed = list(installed)
    own = {canonical(entry.name): entry for entry in allowed.package}
    findings = [
        f"{one.name}: {one.licence} is not allowed; use another package, or add it to "
        f"{FILE.name}: its licence to allowed, or a [[package]] with the reason"
        for one in installed
        if not is_allowed(one.licence, allowed)
        and (canonical(one.name) not in own or own[canonical(one.name)].licence != one.licence)
    ]
    there = {canonical(one.name): one.licence for one in installed}
    for key, entry in own.items():
        if key not in there:
            findings.append(f"{FILE.name}: {entry.name} is not installed; remove its entry")
        elif is_allowed(there[key], allowed):
            findings.append(f"{FILE.name}: {entry.name} needs no entry any more; remove it")
    return tuple(findings)


def is_allowed(licence: str, allowed: Allowed) -> bool:
    if licence == _UNKNOWN or re.search(r"[()]", re.sub(r" \([^() ][^()]*\)", "", licence)):
        return False  # parentheses but for those in a classifier's words: nobody needed them yet
    return all(_choice(part.strip(), allowed) for part in licence.split(";"))


def _choice(text: str, allowed: Allowed) -> bool:
    return any(
        all(allowed.same_as.get(one.strip(), one.strip()) in allowed.allowed for one in both)
        for both in (alternative.split(" AND ") for alternative in text.split(" OR "))
    )


def _programs(programs: Mapping[str, Iterable[Pin]], allowed: Allowed) -> list[str]:
    """Each folder of tools/ must say what it brings; nothing of it is handed on to anybody."""
    known = {entry.name for entry in allowed.program}
    return [
        *(
            f"tools/{name}: say in {FILE.name} what it is under: a [[program]] with the reason"
            for name in programs
            if name not in known
        ),
        *(
            f"{FILE.name}: tools/{name} is not there; remove its entry"
            for name in sorted(known - programs.keys())
        ),
    ]
