"""What operators do by hand to a running Vault.

    python -m upkeep roll --dry-run      what a rolling restart or upgrade would do
    python -m upkeep roll                do it, one server at a time
    python -m upkeep restore --from URL  put a snapshot into a new cluster
    python -m upkeep peers               the file that a lost quorum needs
    python -m upkeep regenerate-root -- COMMAND
    python -m upkeep rebuild-state       a stack's state that was lost, from its plan

Each command has a --help of its own. Exit status: 0 done; 1 the answer is no; 2 wrong usage; 3 it
had to stop, and says how to go on; 130 interrupted.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, cast

from policies.texts import seen
from upkeep.errors import STOPPED, UpkeepError


class Command(Protocol):
    """What a module in the table must have."""

    HELP: str
    """Its own --help: what it does, what it needs, what it deliberately does not do."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> int:
        """The exit status. Raises `UpkeepError`."""
        ...


COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "roll": ("upkeep.rolling.command", "restart or upgrade the servers, one at a time"),
    "peers": ("upkeep.peers", "the file with which servers that survived find each other"),
    "restore": ("upkeep.restore.command", "replace what a cluster holds by a snapshot"),
    "regenerate-root": ("upkeep.root.command", "a command as root, and then no root any more"),
    "rebuild-state": ("upkeep.state.command", "a stack's state that was lost, from its plan"),
}
"""Name -> module, and what it does in a few words. A module is imported when it is chosen."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: as the module's docstring says."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser, command = _parser(given)
    options = parser.parse_args(given)
    assert command is not None, "argparse requires a command"
    try:
        return command.run(options)
    except UpkeepError as error:
        print(seen(f"{parser.prog}: {error}", lines=True), file=sys.stderr)
        return STOPPED
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def load(name: str) -> Command:
    """The module of a command."""
    module, _ = COMMANDS[name]
    return cast("Command", importlib.import_module(module))


def _parser(given: Sequence[str]) -> tuple[argparse.ArgumentParser, Command | None]:
    """The parser, and the chosen command: only that one is imported."""
    chosen = next((word for word in given if not word.startswith("-")), "")
    parser = argparse.ArgumentParser(prog="python -m upkeep", **_described(__doc__))
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    command = None
    for name, (_, summary) in COMMANDS.items():
        if name == chosen:
            command = load(name)
            own = commands.add_parser(name, help=summary, **_described(command.HELP))
            command.add_arguments(own)
        else:
            commands.add_parser(name, help=summary)
    return parser, command


def _described(text: str | None) -> dict[str, Any]:
    return {"description": text, "formatter_class": argparse.RawDescriptionHelpFormatter}


if __name__ == "__main__":
    sys.exit(main())
