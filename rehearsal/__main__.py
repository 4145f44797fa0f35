"""`python -m rehearsal`: stand up an environment on throwaway real servers and prove its matrix.

python -m rehearsal [--env dev] [--keep] [--json FILE] [--picture FILE]
python -m rehearsal tools                                only find or build the servers
python -m rehearsal stop FOLDER                          end what --keep left running
"""

from __future__ import annotations

import argparse
import errno
import shutil
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from policies.environments import Environment
from rehearsal import binaries
from rehearsal.errors import RehearsalError
from rehearsal.supervisor import Supervisor

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)
_LITTLE_ROOM_BYTES: Final = 500 * 10**6


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 proven; 1 the matrix and Vault differ, or the rehearsal could not go on;
    2 wrong usage; 130 interrupted.
    """
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    try:
        match options.command:
            case "tools":
                binaries.ensure(progress=partial(console.print, markup=False, highlight=False))
                return 0
            case "stop":
                Supervisor.stop_kept(options.folder)
                return 0
            case _:
                return _rehearse(options, console)
    except RehearsalError as error:
        return _stopped(console, str(error))
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        return _stopped(console, f"{error.filename or 'a file'}: {error.strerror}")
    except KeyboardInterrupt:
        console.print("interrupted; nothing is left behind")
        return 130


def _stopped(console: Console, why: str) -> int:
    # No line is broken by us: a command in it is to be copied.
    said = f"[bold red]The rehearsal stopped:[/] {escape(why)}"
    console.print(said, highlight=False, soft_wrap=True)
    folder = tempfile.gettempdir()
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_ROOM_BYTES:
        console.print(
            f"{folder} has {free // 10**6} MB left, and the servers' files lie there: make room, "
            "or name another folder: export TMPDIR=<folder>",
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    return 1


def _rehearse(options: argparse.Namespace, console: Console) -> int:
    # Here, so that `--help`, `tools` and `stop` do not wait for the imports.
    from rehearsal.rehearse import Outputs, rehearse  # noqa: PLC0415

    return rehearse(
        Environment(options.env),
        Outputs(keep=options.keep, json=options.json, picture=options.picture),
        console,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m rehearsal",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--env", choices=[e.value for e in Environment], default="dev")
    parser.add_argument("--keep", action="store_true", help="leave the servers running")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every cell to this file")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw the overview as SVG")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("tools", help="only find or build the servers")
    stop = commands.add_parser("stop", help="end what --keep left running")
    stop.add_argument("folder", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
