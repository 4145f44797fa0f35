"""The program on real servers, for its requests to Vault: counted where they are sent."""

from __future__ import annotations

import time

from policies.compile import compile_plan
from rehearsal import binaries, program, scene
from rehearsal.journal import Journal
from rehearsal.monitor import LiveMonitor
from rehearsal.scale import matrices
from rehearsal.scale.program import ENVIRONMENT
from rehearsal.supervisor import Supervisor


def rehearse(workloads: int) -> tuple[float, int]:
    """Seconds by the clock, and requests, of the program with so many workloads more. First
    contact's own requests, which are always the same, are not among them.
    """
    matrix = matrices.added(workloads)
    plan = compile_plan(matrix, ENVIRONMENT)
    stack, journal = program.stack_keys(ENVIRONMENT.value, {}), Journal()
    found = binaries.ensure()
    with Supervisor() as supervisor:
        built = scene.build(supervisor, found, matrix, plan, stack, _unheard)
        monitor = LiveMonitor(
            built.kubernetes,
            str(built.ca_file),
            lambda _kind, _name: None,
            built.aws,
            built.controllers.see,
            built.vaults.path,
            journal,
        )
        configuration = program.stack_configuration(ENVIRONMENT.value, built.configuration)
        started = time.perf_counter()
        with matrices.instead(matrix):
            program.run(ENVIRONMENT.value, configuration, built.secret_keys, monitor)
        return time.perf_counter() - started, len(journal.calls)


def _unheard(_line: str) -> None:
    """Nobody watches."""
