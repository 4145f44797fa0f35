"""`make bench-program`: how long the whole program takes to evaluate, imports included, in a fresh
process for each run: every stack as it is, and dev with 100 and 1,000 workloads.

A monitor that only records takes the engine's place, so this is the program's own time, not the
engine's and not Vault's.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import subprocess
import sys
import time
from typing import Any

from rich.console import Console
from rich.table import Table

RUNS = 5
CASES = (("dev", 0), ("staging", 0), ("prod", 0), ("dev", 100), ("dev", 1000))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.bench", description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("ENV", "WORKLOADS"), help=argparse.SUPPRESS)
    one = parser.parse_args().one
    if one:
        evaluate(one[0], int(one[1]))
    else:
        _all()
    return 0


def _all() -> None:
    table = Table(title=f"Evaluating the program, imports included ({RUNS} runs each)")
    for column in ("stack", "workloads added", "resources", "min s", "median s", "max s"):
        table.add_column(column, justify="right")
    console = Console()
    for environment, workloads in CASES:
        with console.status(f"{environment}, {workloads} workloads added"):
            runs = [_run(environment, workloads) for _ in range(RUNS)]
        seconds = sorted(run["seconds"] for run in runs)
        table.add_row(
            environment,
            str(workloads),
            str(runs[0]["resources"]),
            *(f"{value:.2f}" for value in (seconds[0], statistics.median(seconds), seconds[-1])),
        )
    console.print(table)


def _run(environment: str, workloads: int) -> dict[str, Any]:
    """One evaluation in a process of its own, timed from outside."""
    command = [sys.executable, "-m", "rehearsal.bench", "--one", environment, str(workloads)]
    started = time.perf_counter()
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "resources": json.loads(ended.stdout)["resources"]}


def evaluate(environment: str, workloads: int) -> None:
    """Evaluate the program in this process and print how many resources it declared."""
    from pulumi.runtime import mocks  # noqa: PLC0415 - the imports are part of what is timed

    from rehearsal import program  # noqa: PLC0415

    class Recorder(mocks.Mocks):
        resources = 0

        def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[Any, Any]]:
            self.resources += 1
            return f"{args.name}-id", dict(args.inputs)

        def call(
            self, args: mocks.MockCallArgs
        ) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
            raise NotImplementedError(args.token)

    recorder = Recorder()
    if workloads:
        _enlarge_matrix(workloads)
    configuration = program.stack_configuration(environment, {})
    program.run(environment, configuration, frozenset(), recorder)
    print(json.dumps({"resources": recorder.resources}))


def _enlarge_matrix(workloads: int) -> None:
    """Add applications of four workloads each, in the shape of those that are there."""
    from policies import matrix  # noqa: PLC0415

    matrix.MATRIX = dataclasses.replace(
        matrix.MATRIX,
        applications=(
            *matrix.MATRIX.applications,
            *(_application(index) for index in range(workloads // 4)),
        ),
    )


def _application(index: int) -> Any:
    from policies.grants import Database, Kv, KvAccess, Pki, PkiAccess, RenewSelf  # noqa: PLC0415
    from policies.identities import ServiceAccount  # noqa: PLC0415
    from policies.model import Application, Workload  # noqa: PLC0415
    from policies.paths import SecretPath  # noqa: PLC0415
    from policies.postgresql import DatabaseAccess  # noqa: PLC0415
    from policies.resources import KvEntry, PostgresDatabase  # noqa: PLC0415

    name = f"application-{index}"
    everything = SecretPath(f"{name}/*")
    return Application(
        name,
        owner="nobody",
        database=PostgresDatabase(name, name),
        entries=(KvEntry.random(f"{name}/api", "key"),),
        workloads=tuple(
            Workload(
                workload,
                ServiceAccount(name, workload),
                (
                    Kv(everything, KvAccess.READ),
                    Database(DatabaseAccess.READ_ONLY),
                    Pki(PkiAccess.CLIENT),
                    RenewSelf(),
                ),
            )
            for workload in ("api", "batch", "events", "reports")
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
