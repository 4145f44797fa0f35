"""One rehearsal: servers, program, proof, report."""

from __future__ import annotations

import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from attest.report import Status
from policies.environments import Environment
from policies.matrix import MATRIX
from rehearsal import binaries, metrics, report, scene
from rehearsal.destinations import require_folders
from rehearsal.inventory import inventory, told
from rehearsal.pods import Pods
from rehearsal.proof.run import Proof, prove
from rehearsal.stand_up import StoodUp, stand_up
from rehearsal.supervisor import Supervisor, write_private


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a rehearsal leaves besides its table."""

    keep: bool = False
    """The servers, running."""
    json: Path | None = None
    """Every cell."""
    picture: Path | None = None
    """The overview, as SVG."""


_SAY_AGAIN_SECONDS = 15.0


class _Clock:
    """Prints each step with the seconds since the start, and remembers it."""

    def __init__(self, console: Console) -> None:
        self._console, self._started = console, time.perf_counter()
        self._last_progress = -_SAY_AGAIN_SECONDS
        self.steps: list[str] = []

    def say(self, line: str) -> None:
        step = f"[dim]{time.perf_counter() - self._started:6.2f} s[/]  {line}"
        self._console.print(step, highlight=False, soft_wrap=True)
        self.steps.append(step)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], None]]:
        """For what reports often: one line that changes in a terminal, a line now and then in a
        log.
        """
        with self._console.status("") as status:

            def show(line: str) -> None:
                now = time.perf_counter()
                status.update(line)
                often = now - self._last_progress < _SAY_AGAIN_SECONDS
                if not self._console.is_terminal and not often:
                    self._last_progress = now
                    self.say(line)

            yield show


def rehearse(environment: Environment, outputs: Outputs, console: Console) -> int:
    """Exit status: 0 where every cell is as the matrix says, else 1. Raises `RehearsalError`."""
    require_folders({"--json": outputs.json, "--picture": outputs.picture})
    clock = _Clock(console)
    with clock.progress() as show:
        found = binaries.ensure(progress=show, announce=clock.say)
    with Supervisor() as supervisor:
        stood = stand_up(supervisor, found, environment, clock.say)
        proof = prove(
            stood.scene, MATRIX, stood.plan, stood.provisioner, list(stood.shares), clock.say
        )
        compared = inventory(stood)
        clock.say(f"inventory: {told(compared)}")
        problems = _metrics(stood, clock)
        good = _report(proof, outputs, clock, console) and compared.status is Status.SAME
        for problem in problems:
            console.print(f"[bold red]✗[/] {escape(problem)}", highlight=False)
        if outputs.keep:
            tokens = {label: api.token for label, api in proof.sessions.items()}
            _keep(supervisor, stood.scene, tokens, stood.binary, console)
    return 0 if good and not problems else 1


def _metrics(stood: StoodUp, clock: _Clock) -> list[str]:
    """Which of the metrics that alerts and dashboard use this Vault does not have."""
    pods = stood.scene.vaults
    if not isinstance(pods, Pods) or not pods.watched:
        return []
    database = bool(stood.plan.database_connections)
    return metrics.check(stood.scene, database=database, progress=clock.say)


def _report(proof: Proof, outputs: Outputs, clock: _Clock, console: Console) -> bool:
    steps = list(clock.steps)
    report.show(console, proof.results)
    good = all(result.ok for result in proof.results)
    mark = "[bold green]proven[/]" if good else "[bold red]not proven[/]"
    clock.say(f"{mark}: {report.summary(proof.results)}")
    if outputs.json:
        report.write_json(outputs.json, proof.results)
    if outputs.picture:
        report.save_picture(outputs.picture, steps, proof.results, clock.steps[-1])
    return good


def _keep(
    supervisor: Supervisor,
    built: scene.Scene,
    tokens: Mapping[str, str],
    binary: Path,
    console: Console,
) -> None:
    """Leave it running and say how to look around."""
    folder = supervisor.subfolder("tokens")
    for label, token in tokens.items():
        write_private(folder / label.replace("/", "-"), token)
    kept = supervisor.keep()
    commands = looking_around(
        built.vault_address, built.ca_file, built.kubernetes.kubeconfig, folder, binary, kept
    )
    console.print(f"\n{escape(commands)}", highlight=False, soft_wrap=True)


def looking_around(
    address: str, ca_file: Path, kubeconfig: Path, tokens: Path, binary: Path, kept: Path
) -> str:
    """What to type while the servers run on, quoted: somebody may have cloned into a folder whose
    name has a space.
    """
    word = {
        "ca": shlex.quote(str(ca_file)),
        "token": shlex.quote(str(tokens / "people-auditors")),
        "kubeconfig": shlex.quote(str(kubeconfig)),
        "vault": shlex.quote(str(binary)),
        "python": shlex.quote(sys.executable),
        "kept": shlex.quote(str(kept)),
    }
    return (
        "Still running. To look around:\n"
        f"  export VAULT_ADDR={address} VAULT_CACERT={word['ca']}\n"
        f'  export VAULT_TOKEN="$(cat {word["token"]})"   # or another of that folder\n'
        f"  export KUBECONFIG={word['kubeconfig']}\n"
        f"  {word['vault']} status\n"
        f"End it with:\n  {word['python']} -m rehearsal stop {word['kept']}"
    )
