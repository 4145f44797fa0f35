"""`python -m rehearsal.scale`: how everything grows with the number of workloads.

python -m rehearsal.scale [--workloads 10 100 1000 10000] [--only MEASURE ...]
                          [--json FILE] [--picture FILE] [--page FILE]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from rehearsal.destinations import require_folders
from rehearsal.errors import RehearsalError
from rehearsal.scale.results import Measure, Results

SIZES = (10, 100, 1_000, 10_000)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 measured, whatever the figures; 1 a measurement failed; 2 wrong usage; 130
    interrupted.
    """
    options = _parser().parse_args(arguments)
    if options.one:
        # Here, so that each process has only the imports of what it measures.
        from rehearsal.scale.measure import measure  # noqa: PLC0415

        what, workloads, folder = options.one
        measured = measure(Measure(what), int(workloads), Path(folder))
        print(json.dumps(dataclasses.asdict(measured)))
        return 0
    console = Console(stderr=True)
    try:
        return _all(options, console)
    except RehearsalError as error:
        console.print(
            f"[bold red]The measurement stopped:[/] {escape(str(error))}", highlight=False
        )
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130


def _all(options: argparse.Namespace, console: Console) -> int:
    from rehearsal.scale import report  # noqa: PLC0415
    from rehearsal.scale.run import run  # noqa: PLC0415

    require_folders({"--json": options.json, "--picture": options.picture, "--page": options.page})
    with console.status("") as status:
        results = run(options.only, options.workloads, status.update)
    shown = Console()
    shown.print(report.table(results))
    for sentence in report.in_words(results):
        shown.print(sentence, highlight=False)
    _keep(results, options)
    return 0


def _keep(results: Results, options: argparse.Namespace) -> None:
    from rehearsal.scale import picture, report  # noqa: PLC0415

    if options.json:
        options.json.write_text(results.as_json(), encoding="utf-8")
    if options.picture:
        picture.save(options.picture, results)
    if options.page:
        report.write_page(options.page, results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--workloads", type=int, nargs="+", default=SIZES, metavar="N")
    parser.add_argument(
        "--only",
        type=Measure,
        nargs="+",
        default=tuple(Measure),
        metavar="MEASURE",
        help="; ".join(Measure),
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there, too")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw them, as SVG")
    parser.add_argument("--page", type=Path, metavar="FILE", help="write the table into that page")
    parser.add_argument("--one", nargs=3, metavar=("MEASURE", "N", "DIR"), help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
