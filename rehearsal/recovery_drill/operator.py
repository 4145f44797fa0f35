"""An operator at a terminal: runs commands in bash, with programs and addresses that lead to the
rehearsal.

Deliberately keeps nothing of what commands print but what a caller asks for: it may hold secrets.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError

PATIENCE_SECONDS: Final = 180
_TOLD: Final = 1500


@dataclass(frozen=True, slots=True)
class Said:
    """How commands ended. Their output may hold secrets, so it is not part of the repr."""

    seconds: float
    status: int
    output: str = field(repr=False)
    errors: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Operator:
    """`environment`: all of it, PATH included. `folder`: where commands are run."""

    environment: Mapping[str, str] = field(repr=False)
    folder: Path

    def run(self, commands: str, *, typed: str = "", **variables: str) -> Said:
        """Stops at the first command that fails, as a careful operator would. `typed`: what is
        given at prompts. Whatever the status, it comes back; RehearsalError where nothing does.
        """
        started = time.monotonic()
        try:
            ended = subprocess.run(
                ["/bin/bash", "-euo", "pipefail", "-c", commands],
                input=typed,
                env={**self.environment, **variables},
                cwd=self.folder,
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise RehearsalError(
                f"commands of a runbook did not end within {PATIENCE_SECONDS} s: {commands}"
            ) from None
        seconds = time.monotonic() - started
        return Said(seconds, ended.returncode, ended.stdout, ended.stderr)

    def must(self, name: str, commands: str, *, typed: str = "", **variables: str) -> Said:
        """The same; raises RehearsalError, with the end of its errors, where it fails."""
        said = self.run(commands, typed=typed, **variables)
        if said.status:
            told = said.errors.strip()[-_TOLD:]
            raise RehearsalError(f"the block run={name} ended with {said.status}: {told}")
        return said
