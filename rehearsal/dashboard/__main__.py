"""`python -m rehearsal.dashboard`: write the dashboard, and draw it from a rehearsal under load.

python -m rehearsal.dashboard [--env staging] [--seconds 80] [--json FILE] [--picture FILE]
                              [--json-only]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from components.operations.telemetry.dashboard.document import text
from policies.environments import Environment
from rehearsal import binaries
from rehearsal.binaries import SERVERS, Tool
from rehearsal.destinations import require_folders
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

_LEAST_SECONDS = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 written; 1 it could not go on; 2 wrong usage; 130 interrupted."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.seconds < _LEAST_SECONDS:
        parser.error(f"--seconds {options.seconds:g}: must be at least {_LEAST_SECONDS}")
    console = Console(stderr=True)
    try:
        drawn = None if options.json_only else options.picture
        require_folders({"--json": options.json, "--picture": drawn})
        options.json.write_text(text(), encoding="utf-8")
        console.print(f"wrote {options.json}", highlight=False)
        if not options.json_only:
            _draw(options, console)
    except (RehearsalError, OSError) as error:
        console.print(f"[bold red]The dashboard stopped:[/] {escape(str(error))}", highlight=False)
        return 1
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130
    return 0


def _draw(options: argparse.Namespace, console: Console) -> None:
    # Here, so that what is quick does not wait for the imports.
    from rehearsal.dashboard import picture  # noqa: PLC0415
    from rehearsal.dashboard.run import recorded  # noqa: PLC0415

    with console.status("") as status:
        found = binaries.ensure((*SERVERS, Tool.FORTIO, Tool.PROMETHEUS), progress=status.update)
    started = time.perf_counter()

    def say(line: str) -> None:
        elapsed = time.perf_counter() - started
        console.print(f"[dim]{elapsed:6.1f} s[/]  {escape(line)}", highlight=False, soft_wrap=True)

    lasts = timedelta(seconds=options.seconds)
    environment = Environment(options.env)
    with (
        Supervisor() as supervisor,
        recorded(supervisor, found, environment, say, lasts) as recording,
    ):
        title = f"Vault: a rehearsal of {environment.value} under load"
        picture.save(options.picture, recording.drawn(text(), title))
    say(f"wrote {options.picture}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal.dashboard",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    clusters = [Environment.STAGING.value, Environment.PROD.value]
    parser.add_argument("--env", choices=clusters, default=Environment.STAGING.value)
    parser.add_argument("--seconds", type=float, default=80, help="how long it is under load")
    parser.add_argument("--json", type=Path, metavar="FILE", default=Path("docs/dashboard.json"))
    parser.add_argument("--picture", type=Path, metavar="FILE", default=Path("docs/dashboard.svg"))
    parser.add_argument("--json-only", action="store_true", help="start nothing, draw nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
