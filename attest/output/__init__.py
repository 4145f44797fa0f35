"""How a comparison is shown: in the formats of the review, with its look. Each way is imported when
it is asked for.
"""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from attest.errors import UsageError
from attest.output.wording import headline
from attest.report import Report
from policies.commands import arguments
from policies.commands.errors import CommandError

__all__ = ["FORMATS", "SUFFIXES", "format_of", "headline", "show"]

_FILE_WIDTH: Final = 120


def _terminal(report: Report) -> str:
    """For a file: without colours, and of a width of its own."""
    console = Console(file=io.StringIO(), width=_FILE_WIDTH, highlight=False)
    with console.capture() as captured:
        _module("terminal").show(console, report)
    return captured.get()


def _markdown(report: Report) -> str:
    return str(_module("markdown").render(report))


def _html(report: Report) -> str:
    return str(_module("page").render(report))


def _json(report: Report) -> str:
    return str(_module("as_json").render(report))


def _module(name: str) -> Any:
    return importlib.import_module(f"attest.output.{name}")


FORMATS: Final[Mapping[str, Callable[[Report], str]]] = {
    "terminal": _terminal,
    "markdown": _markdown,
    "html": _html,
    "json": _json,
}
SUFFIXES: Final = arguments.SUFFIXES


def format_of(file: Path, given: str | None) -> str:
    """By its suffix, else as `given`. Raises `UsageError`."""
    try:
        return arguments.format_of(file, given)
    except CommandError as error:
        raise UsageError(str(error)) from None


def show(report: Report, how: str) -> None:
    """On standard output."""
    if how == "terminal":
        _module("terminal").show(Console(highlight=False), report)
    else:
        sys.stdout.write(FORMATS[how](report))
