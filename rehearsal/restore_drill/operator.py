"""Whoever restores: `python -m upkeep restore` as a process, with what an operator has."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rehearsal.servers import python_path
from rehearsal.servers.aws import AwsServer
from rehearsal.supervisor import Supervisor, write_private

_SECONDS: Final = 300


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    shown: str
    errors: str

    @property
    def last(self) -> str:
        """All of it, in one line."""
        return " ".join(self.errors.split())

    @property
    def problem(self) -> str:
        """What is wrong, without this machine's folders."""
        said = self.last.partition("python -m upkeep: ")[2] or self.last
        return re.sub(r"/\S+/(?=[^/\s]+\.snap)", "", said)


@dataclass(frozen=True, slots=True)
class Operator:
    supervisor: Supervisor
    aws: AwsServer
    ca_file: Path

    def restore(self, source: str, address: str, token: str, *options: str) -> Said:
        file = write_private(self.supervisor.folder / "operators-token", token)
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "upkeep", "restore", "--from", source, "--yes"),
                *("--address", address, "--ca-cert", str(self.ca_file)),
                *("--token-file", str(file), *options),
            ],
            env=self.supervisor.environment(
                NO_PROXY="*", **self.aws.environment(), **python_path()
            ),
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        return Said(ran.returncode, ran.stdout, ran.stderr)
