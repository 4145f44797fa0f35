"""Tables and text for a terminal, and for what reads it instead."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from policies.commands.words import seen

_WIDE: Final = 1000
"""Columns where there is no terminal: so that a tool finds a row on one line."""


def table(headings: Sequence[str], groups: Iterable[Iterable[Sequence[str]]]) -> None:
    """Print rows, with a line between groups."""
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        drawn.add_column(heading, overflow="fold")
    for group in groups:
        for row in group:
            drawn.add_row(*(Text(seen(cell)) for cell in row))
        drawn.add_section()
    console().print(drawn)


def console() -> Console:
    """As wide as the terminal, or as COLUMNS says; without either it is wide."""
    told = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(width=None if told else _WIDE, highlight=False, markup=False)


def as_json(document: Any) -> None:
    """Letters beyond ASCII as escapes: whatever reads it, and whatever a name holds."""
    print(json.dumps(document, indent=2))
