"""`python -m rehearsal.drill`: hurt a real Raft cluster of Vaults, and measure what it costs.

python -m rehearsal.drill [--env staging] [--repeat 5] [--only NAME ...] [--json FILE]
                          [--picture FILE]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import Tool
from rehearsal.errors import RehearsalError

_CLUSTERS = (Environment.STAGING, Environment.PROD)
_TOOLS = (Tool.VAULT, Tool.ETCD, Tool.KUBE_APISERVER)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 nothing was lost or stale and the cluster healed; 1 otherwise, or the drills
    could not go on; 2 wrong usage; 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        return _drill(options, console)
    except RehearsalError as error:
        console.print(f"[bold red]The drills stopped:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130


def _drill(options: argparse.Namespace, console: Console) -> int:
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.drill import report  # noqa: PLC0415
    from rehearsal.drill.catalogue import chosen  # noqa: PLC0415
    from rehearsal.drill.results import Run  # noqa: PLC0415
    from rehearsal.drill.run import run_drills  # noqa: PLC0415

    drills = chosen(options.only)
    for option, file in (("--json", options.json), ("--picture", options.picture)):
        if file and not file.parent.is_dir():
            raise RehearsalError(f"{option} {file}: its folder does not exist; make it first")
    started = time.monotonic()
    runs: list[Run] = []

    def show(markup: str) -> None:
        step = f"[dim]{time.monotonic() - started:6.1f} s[/]  {markup}"
        console.print(step, highlight=False, soft_wrap=True)

    def say(line: str) -> None:
        show(escape(line))

    def done(run: Run) -> None:
        runs.append(run)
        show(report.line_of(run))

    found = binaries.ensure(_TOOLS, progress=say)
    environment = Environment(options.env)
    try:
        run_drills(found, environment, drills, options.repeat, say, done)
    finally:
        # What was measured is told, however it ended.
        if runs:
            report.show(console, drills, runs)
            if options.json:
                setting = {
                    "environment": environment.value,
                    "vault": found[Tool.VAULT].version,
                    "repeat": options.repeat,
                }
                report.write_json(options.json, setting, runs)
            if options.picture:
                report.save_picture(options.picture, drills, runs)
    good = not any(run.faults for run in runs)
    show("[bold green]nothing lost, all healed[/]" if good else "[bold red]not as it must be[/]")
    return 0 if good else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.drill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    clusters = [environment.value for environment in _CLUSTERS]
    parser.add_argument("--env", choices=clusters, default=Environment.STAGING.value)
    parser.add_argument("--repeat", type=_times, default=5, metavar="N", help="runs of each drill")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these drills")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to this file")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the tables as SVG")
    return parser


def _times(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
