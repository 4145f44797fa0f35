"""The reference of the command lines: what each `--help` says, and what `make` can do.

Every folder with a `__main__.py` is a command, and is asked as its user would ask it. One that does
not answer fails the build. Nothing else of a command is run.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

FOLDERS: Final = (
    "policies",
    "attest",
    "upkeep",
    "migration",
    "supply",
    "components",
    "jobs/vaultstack_jobs",
    "rehearsal",
)
"""Where commands are, in the order in which a reader meets them."""
_PULUMIS: Final = "policies.guardrails"
"""Started by Pulumi, which passes no options."""
_COLUMNS: Final = "96"
_TARGET: Final = re.compile(r"^([a-z-]+):.*?## (.+)$", re.MULTILINE)


class CommandsError(Exception):
    """A command does not say what it does."""


def modules(root: Path) -> Iterator[str]:
    """What stands after `python -m`, for every command."""
    for folder in FOLDERS:
        home = root / folder
        for path in sorted(home.rglob("__main__.py"), key=lambda path: path.parent):
            name = ".".join((home.name, *path.parent.relative_to(home).parts))
            if name != _PULUMIS:
                yield name


def helped(module: str) -> Mapping[str, str]:
    """The command, and each that its table `COMMANDS` has -> what its help says."""
    main = importlib.import_module(f"{module}.__main__")
    below = tuple(getattr(main, "COMMANDS", ()))
    lines = ((), *((name,) for name in below))
    return {" ".join((module, *line)): _help(main.main, (*line, "--help")) for line in lines}


def _help(main: object, arguments: Sequence[str]) -> str:
    assert callable(main)
    said = io.StringIO()
    with _environment(COLUMNS=_COLUMNS, NO_COLOR="1"), contextlib.redirect_stdout(said):
        try:
            main(list(arguments))
        except SystemExit as end:
            if not end.code and said.getvalue().startswith("usage: "):
                return said.getvalue().rstrip()
    raise CommandsError(f"{main.__module__}: {' '.join(arguments)} must print how it is used")


@contextlib.contextmanager
def _environment(**values: str) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def page(root: Path) -> str:
    """A part for each command, with its help as it is printed."""
    return "\n".join(_lines(root))


def _lines(root: Path) -> Iterator[str]:
    for module in modules(root):
        yield f"## python -m {module}\n"
        for number, (command, text) in enumerate(helped(module).items()):
            if number:
                yield f"### {command.removeprefix(module).strip()}\n"
            yield f"```text\n{text}\n```\n"


def targets(makefile: Path) -> str:
    """A table of what `make` can do, as `make help` lists it."""
    rows = _TARGET.findall(makefile.read_text(encoding="utf-8"))
    if not rows:
        raise CommandsError(f"{makefile}: no target has a comment that begins with ##")
    lines = (f"| `make {name}` | {does.replace('|', chr(92) + '|')} |" for name, does in rows)
    return "\n".join(("| command | what it does |", "|---|---|", *lines, ""))
