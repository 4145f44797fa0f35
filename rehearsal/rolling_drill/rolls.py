"""`python -m upkeep roll` as a process of its own, as an operator runs it, and what it wrote."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from rehearsal.binaries import ROOT
from rehearsal.errors import NotYet
from rehearsal.rolling_drill.operator import Operator
from rehearsal.supervisor import Process, Supervisor, wait_until

_ENDS_WITHIN: Final = timedelta(minutes=15)
_TOLD_WITHIN: Final = timedelta(minutes=5)
_MODULE: Final = (sys.executable, "-m", "upkeep", "roll")


@dataclass(frozen=True, slots=True)
class Told:
    """One line of its log."""

    step: str
    server: str
    words: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Rolling:
    """One run of the command."""

    process: Process
    log: Path

    def told(self) -> list[Told]:
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        return [_told(line) for line in lines]

    def seconds(self, step: str) -> dict[str, float]:
        """Server -> what that step says."""
        return {
            one.server: one.seconds
            for one in self.told()
            if one.step == step and one.seconds is not None
        }

    @property
    def said(self) -> str:
        """What the terminal showed."""
        return self.process.log.read_text(errors="replace")

    def wait(self) -> int:
        """The exit status. Raises `RehearsalError`."""

        def ended() -> int:
            if self.process.exit_code is None:
                raise NotYet("it still runs")
            return self.process.exit_code

        return wait_until(ended, awaited="the end of the roll", patience=_ENDS_WITHIN)

    def wait_for(self, step: str, times: int = 1) -> None:
        """Until it told of this step so many times. Raises `RehearsalError`."""

        def told() -> None:
            found = [one for one in self.told() if one.step == step]
            if len(found) < times:
                raise NotYet(f"it told of {len(found)}")

        wait_until(
            told,
            awaited=f"the roll to tell {step!r}",
            patience=_TOLD_WITHIN,
            processes=[self.process],
        )

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.reap()


@dataclass
class Console:
    """Where the operator types."""

    supervisor: Supervisor
    operator: Operator
    ca_file: Path
    _number: int = 0

    def roll(self, *arguments: str, token: str = "") -> Rolling:
        """Begin; the plan is agreed to. `token`: instead of an operator's."""
        self._number += 1
        name = f"roll-{self._number}"
        log = self.supervisor.folder / f"{name}.jsonl"
        process = self.supervisor.start(
            name,
            self._command("--yes", "--log", str(log), *arguments),
            env=self.supervisor.environment(
                VAULT_TOKEN=token or self.operator.token(),
                VAULT_CACERT=str(self.ca_file),
                # As wide as the tables need it.
                COLUMNS="140",
            ),
            cwd=ROOT,
            stop_signal=signal.SIGINT,
        )
        return Rolling(process, log)

    def _command(self, *arguments: str) -> Sequence[str]:
        return (*_MODULE, "--kubeconfig", str(self.operator.kubeconfig), *arguments)


def _told(line: dict[str, Any]) -> Told:
    return Told(line["step"], line.get("server", ""), line.get("words", ""), line.get("seconds"))
