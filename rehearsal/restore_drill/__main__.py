"""`python -m rehearsal.restore_drill`: lose every server, and restore a snapshot.

python -m rehearsal.restore_drill [--env staging] [--entries 300] [--json FILE] [--picture FILE]
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
from rehearsal.destinations import require_folders
from rehearsal.errors import RehearsalError
from rehearsal.picture import save_picture

_CLUSTERS: Final = (Environment.STAGING.value, Environment.PROD.value)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 all came back; 1 it did not, or the drill could not go on; 2 wrong usage; 130
    interrupted.
    """
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        return _drill(options, console)
    except RehearsalError as error:
        console.print(f"[bold red]The drill stopped:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.restore_drill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--env", choices=_CLUSTERS, default=_CLUSTERS[0])
    parser.add_argument("--entries", type=int, default=300, help="how many are written before")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="the tables, as SVG")
    return parser


def _drill(options: argparse.Namespace, console: Console) -> int:
    require_folders({"--json": options.json, "--picture": options.picture})
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.restore_drill.results import show, write_json  # noqa: PLC0415
    from rehearsal.restore_drill.run import run_drill  # noqa: PLC0415

    started = time.monotonic()

    def say(line: str) -> None:
        passed = time.monotonic() - started
        console.print(f"[dim]{passed:6.1f} s[/]  {escape(line)}", highlight=False, soft_wrap=True)

    found = binaries.ensure(
        (Tool.VAULT, Tool.ETCD, Tool.KUBE_APISERVER), progress=lambda _line: None
    )
    results = run_drill(found, Environment(options.env), options.entries, say)
    show(console, results)
    if options.json:
        write_json(options.json, {"environment": options.env}, results)
    if options.picture:
        save_picture(options.picture, "make drill-restore", lambda into: show(into, results))
    console.print(
        "[bold green]all came back[/]" if results.good else "[bold red]NOT all came back[/]"
    )
    return 0 if results.good else 1


if __name__ == "__main__":
    sys.exit(main())
