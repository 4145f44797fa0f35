"""One rehearsal: servers, program, proof, report."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console

from policies.compile import compile_plan
from policies.environments import Environment
from policies.matrix import MATRIX
from policies.plan import Plan
from rehearsal import binaries, program, report, scene
from rehearsal.errors import RehearsalError
from rehearsal.monitor import LiveMonitor
from rehearsal.proof.run import Proof, prove
from rehearsal.supervisor import Supervisor, write_private


class _Clock:
    """Prints each step with the seconds since the start."""

    def __init__(self, console: Console) -> None:
        self._console, self._started = console, time.perf_counter()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._started

    def say(self, line: str) -> None:
        self._console.print(f"[dim]{self.seconds:6.2f} s[/]  {line}", highlight=False)


def rehearse(
    environment: Environment, *, keep: bool, json_file: Path | None, console: Console
) -> int:
    """Exit status: 0 where every cell is as the matrix says, else 1. Raises `RehearsalError`."""
    if environment is not Environment.DEV:
        raise RehearsalError(
            f"{environment.value} needs a Raft cluster with a KMS seal, which is not rehearsed "
            "yet; run it with ENV=dev"
        )
    clock = _Clock(console)
    plan = compile_plan(MATRIX, environment)
    found = binaries.ensure(progress=clock.say)
    with Supervisor() as supervisor:
        built = scene.build(supervisor, found, MATRIX, plan, clock.say)
        proof = _run_and_prove(built, plan, clock)
        report.show(console, proof.results)
        if json_file:
            report.write_json(json_file, proof.results)
        good = all(result.ok for result in proof.results)
        mark = "[bold green]proven[/]" if good else "[bold red]not proven[/]"
        clock.say(f"{mark}: {report.summary(proof.results)}")
        if keep:
            tokens = {label: api.token for label, api in proof.sessions.items()}
            _keep(supervisor, built, tokens, console)
    return 0 if good else 1


def _run_and_prove(built: scene.Scene, plan: Plan, clock: _Clock) -> Proof:
    """Evaluate the real program against the scene, then try every cell."""
    made: list[str] = []
    monitor = LiveMonitor(
        built.kubernetes, str(built.ca_file), lambda kind, _name: made.append(kind)
    )
    environment = plan.environment.value
    configuration = program.stack_configuration(environment, built.configuration)
    program.run(environment, configuration, built.secret_keys, monitor)
    clock.say(f"__main__.py ran: {len(made)} resources made")
    (initialised,) = monitor.outputs.values()
    return prove(built, MATRIX, plan, monitor.provisioner, initialised["shares"], clock.say)


def _keep(
    supervisor: Supervisor, built: scene.Scene, tokens: Mapping[str, str], console: Console
) -> None:
    """Leave it running and say how to look around."""
    folder = supervisor.subfolder("tokens")
    for label, token in tokens.items():
        write_private(folder / label.replace("/", "-"), token)
    kept = supervisor.keep()
    console.print(
        "\nStill running. To look around:\n"
        f"  export VAULT_ADDR={built.vault_address} VAULT_CACERT={built.ca_file}\n"
        f"  export VAULT_TOKEN=$(cat {folder}/people-auditors)   # or another of {folder}\n"
        f"  export KUBECONFIG={built.kubernetes.kubeconfig}\n"
        f"End it with:\n  python -m rehearsal stop {kept}",
        highlight=False,
        soft_wrap=True,
    )
