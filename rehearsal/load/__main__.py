"""`python -m rehearsal.load`: put load on the cluster as deployed and on one with Vault's defaults.

python -m rehearsal.load [--env staging] [--seconds 60] [--rate 1000] [--json FILE] [--picture FILE]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import SERVERS, Tool
from rehearsal.destinations import require_folders
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

if TYPE_CHECKING:
    from rehearsal.load.bench import Schedule


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 measured, whatever the figures; 1 requests failed, the audit is not complete,
    or it could not go on; 2 wrong usage; 130 interrupted.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.load.bench import Schedule  # noqa: PLC0415

    try:
        schedule = Schedule(options.seconds, options.rate, options.rounds)
    except ValueError as error:
        parser.error(str(error))
    console = Console(stderr=True)
    try:
        return _measure(options, schedule, console)
    except RehearsalError as error:
        console.print(
            f"[bold red]The measurement stopped:[/] {escape(str(error))}", highlight=False
        )
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130


def _measure(options: argparse.Namespace, schedule: Schedule, console: Console) -> int:
    from rehearsal.load import picture, report  # noqa: PLC0415
    from rehearsal.load.bench import bench  # noqa: PLC0415

    require_folders({"--json": options.json, "--picture": options.picture})
    with console.status("") as status:
        found = binaries.ensure((*SERVERS, Tool.FORTIO), progress=status.update)
    started = time.perf_counter()

    def say(line: str) -> None:
        elapsed = time.perf_counter() - started
        console.print(f"[dim]{elapsed:6.1f} s[/]  {escape(line)}", highlight=False, soft_wrap=True)

    with Supervisor() as supervisor:
        results = bench(supervisor, found, Environment(options.env), schedule, say)
    report.show(console, results)
    if options.json:
        report.write_json(options.json, results)
    if options.picture:
        picture.save(options.picture, results)
    return 1 if results.failed or results.unrecorded else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    clusters = [Environment.STAGING.value, Environment.PROD.value]
    parser.add_argument("--env", choices=clusters, default=Environment.STAGING.value)
    parser.add_argument("--seconds", type=float, default=60, help="of each run at a constant rate")
    parser.add_argument("--rate", type=float, default=1000, help="requests a second")
    parser.add_argument("--rounds", type=int, default=2, help="how often the clusters take turns")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to this file")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the latencies as SVG")
    return parser


if __name__ == "__main__":
    sys.exit(main())
