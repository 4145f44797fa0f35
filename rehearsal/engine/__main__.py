"""`python -m rehearsal.engine`: Pulumi's own engine on throwaway real servers.

python -m rehearsal.engine [--env dev] [--only NAME ...] [--json FILE] [--picture FILE]

Needs `pulumi` and its plugins for Vault and random values on PATH, or installed by
`pulumi plugin install`. Nothing else depends on them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import Tool
from rehearsal.drill.choice import chosen
from rehearsal.drill.output import write_json
from rehearsal.engine import tools
from rehearsal.errors import RehearsalError
from rehearsal.picture import save_picture

if TYPE_CHECKING:
    from rehearsal.engine.results import Run

_ABSENT: Final = 3
_ENVIRONMENTS: Final = (Environment.DEV.value,)
"""Those whose Vault is there before: `target: existing`."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all was as it must be; 1 it was not, or the run could not go on; 2 wrong
    usage; 3 the engine is not installed; 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        return _run(options, console)
    except tools.MissingToolsError as error:
        console.print(escape(str(error)), highlight=False, soft_wrap=True)
        return _ABSENT
    except RehearsalError as error:
        console.print(f"[bold red]The run stopped:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.engine",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--env", choices=_ENVIRONMENTS, default=_ENVIRONMENTS[0])
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="only these scenarios"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the table as SVG")
    return parser


def _run(options: argparse.Namespace, console: Console) -> int:
    installed = tools.find(tools.EXISTING)
    for option, file in (("--json", options.json), ("--picture", options.picture)):
        if file and not file.parent.is_dir():
            raise RehearsalError(f"{option} {file}: its folder does not exist; make it first")
    # Here, so that `--help`, and a computer without the engine, do not wait for the imports.
    from rehearsal.engine import report  # noqa: PLC0415
    from rehearsal.engine.catalogue import SCENARIOS  # noqa: PLC0415
    from rehearsal.engine.run import run_scenarios  # noqa: PLC0415

    scenarios = chosen(SCENARIOS, options.only)
    started = time.monotonic()
    runs: list[Run] = []

    def show(markup: str) -> None:
        passed = f"[dim]{time.monotonic() - started:6.1f} s[/]  {markup}"
        console.print(passed, highlight=False, soft_wrap=True)

    def done(run: Run) -> None:
        runs.append(run)
        show(report.line_of(run))

    found = binaries.ensure(
        (Tool.VAULT, Tool.ETCD, Tool.KUBE_APISERVER), progress=lambda line: show(escape(line))
    )
    environment = Environment(options.env)
    try:
        run_scenarios(
            installed, found, environment, scenarios, lambda line: show(escape(line)), done
        )
    finally:
        # What was seen is told, however it ended.
        if runs:
            report.show(console, scenarios, runs)
            if options.json:
                setting = {"environment": environment.value, "vault": found[Tool.VAULT].version}
                write_json(options.json, setting, runs)
            if options.picture:
                save_picture(
                    options.picture,
                    "make engine-test",
                    lambda into: report.show(into, scenarios, runs),
                )
    good = not any(run.faults for run in runs)
    show("[bold green]all as it must be[/]" if good else "[bold red]not as it must be[/]")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
