"""Who may do what in Vault, by Vault's own decision, and what a change would give and take away.

    python -m policies who-can secret/data/media-catalog/api read --env prod
    python -m policies can kubesentiment/api read secret/data/kubesentiment/config
    python -m policies explain kubesentiment/api --env prod
    python -m policies matrix
    python -m policies review --base origin/main
    python -m policies render

Each command has a --help of its own. Exit status 3 is an error: the answers' own are 0, 1 and 2.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Final, NoReturn

from policies.commands.errors import ERROR, CommandError
from policies.commands.words import seen

COMMANDS: Final[Mapping[str, str]] = {
    "who-can": "every workload that may, at a path or within a pattern",
    "can": "whether a workload may, which rule decides, and why the others lost",
    "explain": "all about a workload: login, lifetimes, reach, credentials, powers",
    "matrix": "workloads by resources, as a table",
    "review": "what a change of access gives and takes away",
    "render": "write policies/rendered/ from the matrix",
    "decide": "answer questions in JSON, one a line, for other tools",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: the command's own answer, 0, 1 or 2; 3 an error; 130 interrupted."""
    refusals: tuple[type[Exception], ...] = (CommandError,)
    try:
        given = sys.argv[1:] if arguments is None else list(arguments)
        parser, command = _parser(given)
        options = parser.parse_args(given)
        refusals += command.REFUSALS
        status: int = command.run(options)
        sys.stdout.flush()
    except refusals as error:
        print(seen(f"error: {error}"), file=sys.stderr)
        return ERROR
    except BrokenPipeError:
        # Who read has read enough. What is still to be written goes nowhere, and says nothing.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR
    except KeyboardInterrupt:
        return 130
    except Exception:  # noqa: BLE001 - Python would end with 1, which is an answer here
        traceback.print_exc()
        return ERROR
    return status


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ERROR, f"{self.prog}: error: {message}\n")


def _parser(given: Sequence[str]) -> tuple[_Parser, Any]:
    """The parser, and the chosen command's module: only that one is imported."""
    chosen = next((word for word in given if not word.startswith("-")), "")
    parser = _Parser(prog="python -m policies", **_help(__doc__))
    if given and given[0].startswith("-") and given[0] not in ("-h", "--help"):
        parser.error(f"{given[0]}: options come after the command: COMMAND {given[0]}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", title="commands")
    command = None
    for name, summary in COMMANDS.items():
        if name == chosen:
            command = importlib.import_module(f"policies.commands.{name.replace('-', '_')}")
            command.add_arguments(commands.add_parser(name, help=summary, **_help(command.__doc__)))
        else:
            commands.add_parser(name, help=summary)
    return parser, command


def _help(text: str | None) -> dict[str, Any]:
    return {
        "description": text,
        "formatter_class": argparse.RawDescriptionHelpFormatter,
    }


if __name__ == "__main__":
    sys.exit(main())
