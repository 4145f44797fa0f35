"""Known vulnerabilities in the Go programs of a rehearsal: govulncheck reads the built programs.

What modules are linked into a program counts, not what its go.mod could bring. The programs carry
no symbol table, so whether a module's vulnerable package is among what is linked is not known, and
every advisory about the module's version is told. It asks vuln.go.dev; a program that was not built
here was not looked at, and that is said.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from supply import accepted
from supply.accepted import Advisory
from supply.pins import Pin
from supply.step import ROOT, Answer, CannotAudit, NotAsked, last_line, run

SOURCE: Final = "vuln.go.dev"
MODULE: Final = ROOT / "tools" / "govulncheck"
_BUILT: Final = ROOT / ".cache" / "tools"


class _Frame(msgspec.Struct):
    module: str
    version: str = ""


class _Finding(msgspec.Struct):
    osv: str
    fixed_version: str = ""
    trace: list[_Frame] = []


class _Message(msgspec.Struct):
    """One of the several documents that follow each other in the report."""

    finding: _Finding | None = None


Ask = Callable[[Path], str]
"""What govulncheck reports about a program."""


def audit() -> Answer:
    programs = sorted(file for file in _BUILT.glob("*/*") if _is_program(file))
    return judged(programs, ask, accepted.read())


def judged(programs: Iterable[Path], ask: Ask, entries: Iterable[accepted.Entry]) -> Answer:
    programs = list(programs)
    if not programs:
        raise NotAsked("no program was built here; `make tools` builds those of a rehearsal")
    found = {one for program in programs for one in read(ask(program))}
    of_go = [entry for entry in entries if entry.of_go]
    left = accepted.unaccepted(found, of_go, datetime.now(UTC).date())
    names = ", ".join(program.name for program in programs)
    return Answer(f"{SOURCE} knows {len(found)} in {names}", left)


def ask(program: Path, *options: str) -> str:
    """`options`: of govulncheck, such as another database."""
    go = shutil.which("go")
    if go is None:
        raise NotAsked("go is not on PATH, which runs govulncheck")
    ended = run(
        [go, "tool", "govulncheck", "-mode", "binary", "-format", "json", *options, program],
        folder=MODULE,
    )
    if ended.returncode:
        raise NotAsked(f"{SOURCE} did not answer: {last_line(ended)}")
    return ended.stdout


def read(report: str) -> set[Advisory]:
    """Every advisory once, however many packages and functions it names."""
    found = set[Advisory]()
    for message in _messages(report):
        finding = message.finding
        if finding is None or not finding.trace:
            continue
        frame = finding.trace[0]
        found.add(Advisory(Pin(frame.module, frame.version), finding.osv, finding.fixed_version))
    return found


def _messages(report: str) -> list[_Message]:
    # Each document ends with a closing brace in the first column.
    texts = [text for text in report.replace("\n}\n", "\n}\0").split("\0") if text.strip()]
    try:
        return [msgspec.json.decode(text, type=_Message) for text in texts]
    except msgspec.DecodeError as error:
        raise CannotAudit(f"govulncheck's report cannot be read: {error}") from None


def _is_program(file: Path) -> bool:
    return file.is_file() and not file.suffix and file.stat().st_mode & 0o111 != 0
