"""What a step of the audit says: clean, what it found, or that it could not ask."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
OUTPUT: Final = ROOT / ".cache" / "sbom"
_PATIENCE: Final = 900


@unique
class Outcome(StrEnum):
    """`NOT_ASKED`: nothing is known, good or bad. `FAILED`: the step itself is broken."""

    CLEAN = "clean"
    FOUND = "found"
    NOT_ASKED = "not asked"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """`summary` fits on a line; `findings` name what is wrong, and what to do."""

    summary: str
    findings: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        return Outcome.FOUND if self.findings else Outcome.CLEAN


class NotAsked(Exception):  # noqa: N818 - it is no error of anybody
    """Who knows could not be asked; the words say who and why."""


class CannotAudit(Exception):  # noqa: N818 - a sentence: what, and the fix
    """A list or a lock of this repository is not as it must be, or a tool is missing."""


def run(
    arguments: Sequence[str | Path], *, folder: Path = ROOT
) -> subprocess.CompletedProcess[str]:
    """Run a tool to its end, whatever its exit status: some say with it what they found."""
    try:
        return subprocess.run(
            [str(argument) for argument in arguments],
            cwd=folder,
            check=False,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_PATIENCE,
        )
    except FileNotFoundError:
        raise CannotAudit(
            f"{arguments[0]}: is not installed; make .venv/locked installs it"
        ) from None
    except subprocess.TimeoutExpired:
        raise NotAsked(f"{Path(str(arguments[0])).name} gave no answer in {_PATIENCE} s") from None


def last_line(ended: subprocess.CompletedProcess[str]) -> str:
    """Of what a tool said before it failed."""
    lines = [line for line in f"{ended.stdout}\n{ended.stderr}".splitlines() if line.strip()]
    return lines[-1].strip() if lines else "nothing"
