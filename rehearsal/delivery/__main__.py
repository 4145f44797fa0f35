"""`python -m rehearsal.delivery [--runs 10]`: measure how soon a workload has its files."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehearsal.errors import RehearsalError


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0; 1 it could not be measured; 2 wrong usage; 130 interrupted."""
    parser = argparse.ArgumentParser(prog="python -m rehearsal.delivery", description=__doc__)
    parser.add_argument("--runs", type=_some, default=10, help="of each series; 10 by default")
    runs: int = parser.parse_args(arguments).runs
    console = Console(stderr=True)
    # Here, so that `--help` does not wait for the imports.
    from rehearsal.delivery import measure  # noqa: PLC0415

    try:
        with console.status("") as status:
            series = measure.measure(runs, status.update)
    except RehearsalError as error:
        console.print(f"[bold red]It could not be measured:[/] {escape(str(error))}")
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130
    table = Table("what", "n", "min", "median", "max", "", box=box.MARKDOWN)
    for one in series:
        table.add_row(*one.row)
    Console(width=100).print(table)
    return 0


def _some(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
