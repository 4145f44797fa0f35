"""What is locked: Python packages by the locks, Go modules by tools/*/go.mod. Pure text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from supply.step import ROOT, CannotAudit

LOCKS: Final = ("requirements.lock", "jobs/requirements.lock", "jobs/build-requirements.lock")
"""What CI and developers install; what is in the jobs' image; what builds that image's packages.
The client brings no lock to applications: what it needs is in the first one.
"""

_PYTHON: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_BESIDE: Final = re.compile(r"\s*(?:--hash=sha256:[0-9a-f]+(?: \\)?|#.*)?")
"""What else is in a lock. Of anything more pip would install what nobody was asked about."""
_REQUIRED: Final = re.compile(r"^(?:require )?\t?(\S+\.\S+/?\S*) (v\d\S*)", re.MULTILINE)
_REPLACED: Final = re.compile(r"^(?:replace )?\t?(\S+)(?: v\S+)? => (\S+) (v\d\S*)", re.MULTILINE)


@dataclass(frozen=True, slots=True, order=True)
class Pin:
    """One version of a package or module."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def python(lock: Path) -> tuple[Pin, ...]:
    """Every version in a lock, whatever platform or Python it is for."""
    text = _text(lock)
    found = {Pin(canonical(name), version) for name, version in _PYTHON.findall(text)}
    for line in text.splitlines():
        if not (_PYTHON.match(line) or _BESIDE.fullmatch(line)):
            raise CannotAudit(f"{lock}: {line.strip()!r} is no pin; make lock writes it anew")
    if not found:
        raise CannotAudit(f"{lock}: pins nothing; make lock writes it")
    return tuple(sorted(found))


def all_python(root: Path = ROOT) -> tuple[Pin, ...]:
    return tuple(sorted({pin for lock in LOCKS for pin in python(root / lock)}))


def go(file: Path) -> tuple[Pin, ...]:
    """The modules that a go.mod lists, which since Go 1.17 are all that are built; what it puts in
    a module's place counts as what it is.
    """
    text = re.sub(r"//.*", "", _text(file))
    replaced = {old: Pin(new, version) for old, new, version in _REPLACED.findall(text)}
    required = (Pin(name, version) for name, version in _REQUIRED.findall(text))
    return tuple(sorted({replaced.get(pin.name, pin) for pin in required}))


def go_files(root: Path = ROOT) -> Iterator[Path]:
    yield from sorted((root / "tools").glob("*/go.mod"))


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise CannotAudit(
            f"{file}: cannot be read ({error.strerror}); make lock writes it"
        ) from None


def canonical(name: str) -> str:
    """As PyPI compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()
