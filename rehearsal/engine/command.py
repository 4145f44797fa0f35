"""How Pulumi's command line is run: as a process of the rehearsal's, which leaves nothing behind,
and in an environment of its own: no token, passphrase or backend of the caller's reaches it.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from pulumi.automation import CommandResult, OnOutput, PulumiCommand
from pulumi.automation.errors import create_command_error

from rehearsal.engine.tools import Installed
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Process, Supervisor, write_private

PATIENCE: Final = timedelta(minutes=10)
"""How long one command may take."""
_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True, slots=True)
class Running:
    """A command under way. `said` and `complained` are the files of its two outputs."""

    process: Process
    said: Path
    complained: Path
    passing: tuple[Path, ...]
    """Files with secrets in clear: removed when it has ended."""

    def wait(self, patience: timedelta = PATIENCE) -> CommandResult:
        """Raises `RehearsalError` where it does not end in time."""
        deadline = time.monotonic() + patience.total_seconds()
        while self.process.exit_code is None:
            if time.monotonic() > deadline:
                raise RehearsalError(
                    f"{self.process.name} did not end within {patience}. What it said last:\n"
                    + "\n".join(self.said.read_text(errors="replace").splitlines()[-15:])
                )
            time.sleep(_POLL_SECONDS)
        result = CommandResult(
            stdout=self.said.read_text(encoding="utf-8", errors="replace"),
            stderr=self.complained.read_text(encoding="utf-8", errors="replace"),
            code=self.process.exit_code,
        )
        for file in self.passing:
            file.unlink(missing_ok=True)
        return result


class Command(PulumiCommand):
    """`pulumi`. What it says stays in the folder `outputs`, command by command, but for what it was
    asked to show secrets of.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        installed: Installed,
        environment: Mapping[str, str],
        outputs: Path,
    ) -> None:
        """`environment`: the whole of it."""
        super().__init__()
        self.command = str(installed.pulumi)
        self.outputs: Final = outputs
        outputs.mkdir(mode=0o700)
        self._supervisor, self._environment = supervisor, environment
        self._number = 0

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """As Pulumi's automation calls it. Raises its `CommandError` where the command fails."""
        result = self.start(args, Path(cwd), additional_env).wait()
        for tell, text in ((on_output, result.stdout), (on_error, result.stderr)):
            for line in text.splitlines() if tell else ():
                tell(line)  # type: ignore[misc] # mypy does not see through the condition
        if result.code != 0:
            raise create_command_error(result)
        return result

    def start(
        self,
        arguments: Sequence[str],
        folder: Path,
        extra: Mapping[str, str] | None = None,
        given: str = "",
    ) -> Running:
        """Begin a command and return at once. `given`: what it reads, such as a secret, which then
        is in no list of processes.
        """
        self._number += 1
        files = self.outputs / f"{self._number:03d}-{_word(arguments)}"
        said, complained = Path(f"{files}.out"), Path(f"{files}.err")
        read = write_private(Path(f"{files}.in"), given)
        to, errors_to = shlex.quote(str(said)), shlex.quote(str(complained))
        line = f'exec "$@" <{shlex.quote(str(read))} >{to} 2>{errors_to}'
        process = self._supervisor.start(
            f"{self.outputs.parent.name}-{files.name}",
            ["/bin/sh", "-c", line, "sh", self.command, "--non-interactive", *arguments],
            env={**self._environment, **(extra or {})},
            cwd=folder,
        )
        passing = (read, said) if "--show-secrets" in arguments else (read,)
        return Running(process, said, complained, passing)


def _word(arguments: Sequence[str]) -> str:
    """What the command is about, for a file's name."""
    return "-".join([one for one in arguments if one.isalpha()][:2]) or "command"
