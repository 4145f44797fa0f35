"""Move an application to Vault: find the secrets it holds, bring a .env file's values over, and
measure how Vault answers.

    python -m migration scan ../media-catalog
    python -m migration import .env --application media-catalog --environment dev \\
        --map TMDB_API_KEY=media-catalog/external:tmdb_api_key
    python -m migration measure media-catalog/external --for 10m

Each command has a --help of its own; docs/migration.md goes through the whole move.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from migration.errors import STOPPED, MigrationError
from policies.commands.words import seen

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "scan": ("migration.commands.scan", "find hard-coded secrets in a tree"),
    "import": ("migration.commands.import_env", "move a .env file's values to where they belong"),
    "measure": ("migration.commands.measure", "measure how Vault answers a workload's reads"),
}
"""Name -> module, and what it does."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: the command's own answer, 0 or 1; 2 wrong usage; 3 it had to stop; 130
    interrupted.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser, command = _parser(given)
    options = parser.parse_args(given)
    try:
        return int(command.run(options))
    except MigrationError as error:
        print(seen(f"{parser.prog}: {error}"), file=sys.stderr)
        return STOPPED
    except KeyboardInterrupt:
        return 130


def _parser(given: Sequence[str]) -> tuple[argparse.ArgumentParser, Any]:
    """The parser, and the chosen command's module: only that one is imported."""
    chosen = next((word for word in given if not word.startswith("-")), "")
    parser = argparse.ArgumentParser(prog="python -m migration", **_help(__doc__))
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    command = None
    for name, (module, summary) in COMMANDS.items():
        if name == chosen:
            command = importlib.import_module(module)
            command.add_arguments(commands.add_parser(name, help=summary, **_help(command.__doc__)))
        else:
            commands.add_parser(name, help=summary)
    return parser, command


def _help(text: str | None) -> dict[str, Any]:
    return {"description": text, "formatter_class": argparse.RawDescriptionHelpFormatter}


if __name__ == "__main__":
    sys.exit(main())
