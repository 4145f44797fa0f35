"""The command line of drills, whichever they are: choose, run, show, and keep what was measured."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from rich.console import Console
from rich.markup import escape

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import Binary, Tool
from rehearsal.destinations import require_folders
from rehearsal.drill.choice import Named, chosen
from rehearsal.drill.output import Ran, write_json
from rehearsal.errors import RehearsalError
from rehearsal.picture import save_picture

_CLUSTERS: Final = (Environment.STAGING, Environment.PROD)
_TOOLS: Final = (Tool.VAULT, Tool.ETCD, Tool.KUBE_APISERVER)
_Drill = TypeVar("_Drill", bound=Named)
_Run = TypeVar("_Run", bound=Ran)


@dataclass(frozen=True, slots=True)
class Kit(Generic[_Drill, _Run]):
    """Drills, and how they are run and shown."""

    title: str
    """Of the picture: the command, such as `make drill`."""
    drills: Sequence[_Drill]
    play: Callable[
        [
            Mapping[Tool, Binary],
            Environment,
            Sequence[_Drill],
            int,
            Callable[[str], None],
            Callable[[_Run], None],
        ],
        object,
    ]
    """Runs each so many times, telling how it goes, and of each run when it has ended. Raises
    RehearsalError."""
    line_of: Callable[[_Run], str]
    """One run in one line."""
    show: Callable[[Console, Sequence[_Drill], Sequence[_Run]], None]
    good: str
    """What is said where no run has a fault."""


def run_command(
    load: Callable[[], Kit[_Drill, _Run]],
    parser: argparse.ArgumentParser,
    arguments: Sequence[str] | None,
) -> int:
    """`load`: called late, so that `--help` does not wait for the imports.

    Exit status: 0 all was as it must be; 1 it was not, or the drills could not go on; 2 wrong
    usage; 130 interrupted.
    """
    options = parser.parse_args(arguments)
    console = Console(stderr=True)
    try:
        return _drill(load(), options, console)
    except RehearsalError as error:
        console.print(f"[bold red]It stopped:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130


def parser_of(
    module: str,
    description: str,
    repeat: int | None = None,
    environments: Sequence[Environment] = _CLUSTERS,
) -> argparse.ArgumentParser:
    """`repeat`: how often each drill is run unless asked otherwise; none where that is once, and
    cannot be asked. `environments`: which may be asked for, the usual one first.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names = [environment.value for environment in environments]
    parser.add_argument("--env", choices=names, default=names[0])
    if repeat is None:
        parser.set_defaults(repeat=1)
    else:
        parser.add_argument(
            "--repeat", type=_times, default=repeat, metavar="N", help="how often each is run"
        )
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="only these")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run to this file")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the tables as SVG")
    return parser


def _drill(kit: Kit[_Drill, _Run], options: argparse.Namespace, console: Console) -> int:
    drills = chosen(kit.drills, options.only)
    require_folders({"--json": options.json, "--picture": options.picture})
    started = time.monotonic()
    runs: list[_Run] = []

    def show(markup: str) -> None:
        step = f"[dim]{time.monotonic() - started:6.1f} s[/]  {markup}"
        console.print(step, highlight=False, soft_wrap=True)

    def say(line: str) -> None:
        show(escape(line))

    def done(run: _Run) -> None:
        runs.append(run)
        show(kit.line_of(run))

    found = binaries.ensure(_TOOLS, progress=say)
    environment = Environment(options.env)
    try:
        kit.play(found, environment, drills, options.repeat, say, done)
    finally:
        # What was measured is told, however it ended.
        if runs:
            kit.show(console, drills, runs)
            if options.json:
                setting = {
                    "environment": environment.value,
                    "vault": found[Tool.VAULT].version,
                    "repeat": options.repeat,
                }
                write_json(options.json, setting, runs)
            if options.picture:
                save_picture(options.picture, kit.title, lambda to: kit.show(to, drills, runs))
    good = not any(run.faults for run in runs)
    show(f"[bold green]{kit.good}[/]" if good else "[bold red]not as it must be[/]")
    return 0 if good else 1


def _times(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
