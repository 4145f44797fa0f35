"""`python -m rehearsal.engine.kubernetes`: Pulumi's own engine deploys Vault to a Kubernetes API.

python -m rehearsal.engine.kubernetes [--env staging] [--only NAME ...] [--json FILE]

Needs `pulumi` and its plugins for Vault, Kubernetes and random values on PATH, or installed by
`pulumi plugin install`; not the one for AWS. Nothing else depends on them.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import Tool
from rehearsal.drill.choice import chosen
from rehearsal.drill.output import write_json
from rehearsal.engine import report, tools
from rehearsal.engine.kubernetes_ground import CHANGED, cluster_ground
from rehearsal.engine.kubernetes_scenarios import SCENARIOS
from rehearsal.engine.results import Run
from rehearsal.engine.run import play
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

_ABSENT: Final = 3


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
        prog="python -m rehearsal.engine.kubernetes",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--env", choices=[one.value for one in CHANGED], default=Environment.STAGING.value
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="NAME", help="only these scenarios"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures to this file")
    return parser


def _run(options: argparse.Namespace, console: Console) -> int:
    installed = tools.find(tools.KUBERNETES)
    if options.json and not options.json.parent.is_dir():
        raise RehearsalError(f"--json {options.json}: its folder does not exist; make it first")
    scenarios, started = chosen(SCENARIOS, options.only), time.monotonic()
    environment = Environment(options.env)
    runs: list[Run] = []

    def show(line: str) -> None:
        passed = f"[dim]{time.monotonic() - started:6.1f} s[/]  {escape(line)}"
        console.print(passed, highlight=False, soft_wrap=True)

    found = binaries.ensure((Tool.VAULT, Tool.ETCD, Tool.KUBE_APISERVER), progress=show)
    try:
        with (
            Supervisor() as supervisor,
            cluster_ground(supervisor, installed, found, environment, show) as ground,
        ):
            for scenario in scenarios:
                show(f"{scenario.name}: {scenario.title}")
                runs.append(play(ground, scenario, show))
                if runs[-1].problem:
                    raise RehearsalError(
                        f"{scenario.name} was not played to its end: {runs[-1].problem}"
                    )
    finally:
        # What was seen is told, however it ended.
        if runs:
            report.show(console, scenarios, runs)
            if options.json:
                setting = {"environment": environment.value, "vault": found[Tool.VAULT].version}
                write_json(options.json, setting, runs)
    good = not any(run.faults for run in runs)
    show("all as it must be" if good else "not as it must be")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
