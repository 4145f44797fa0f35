"""What the tables and lines about drills have alike, whichever drills they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehearsal.drill.output import Ran
from rehearsal.drill.results import Spread

_BAD: Final = "[bold red]✗[/]"


def table(title: str, numbers: Sequence[str] = (), *, first: str = "drill", gap: int = 1) -> Table:
    """A table whose first column folds, so that 80 columns are enough. `numbers`: the headings of
    columns that never do. `gap`: between columns.
    """
    made = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, gap, 0, 0),
    )
    made.add_column(first, overflow="fold", min_width=20 - 2 * gap)
    for heading in numbers:
        made.add_column(heading, justify="right", no_wrap=True)
    return made


def mark(*, good: bool) -> str:
    return "[green]✓[/]" if good else _BAD


def line(run: Ran, told: str) -> str:
    """One run in one line: what is told of it, and its faults."""
    faults = "".join(f"; {escape(fault)}" for fault in run.faults)
    return f"{mark(good=not run.faults)} {run.drill} {run.number}: {told}{faults}"


def show_faults(console: Console, runs: Iterable[Ran]) -> None:
    """Each in a line of its own."""
    for run in runs:
        for fault in run.faults:
            console.print(f"{_BAD} {run.drill} {run.number}: {escape(fault)}", highlight=False)


def spread(values: Iterable[float]) -> str:
    """Least, median and most seconds."""
    found = Spread.of(values)
    return "/".join(seconds(one) for one in (found.low, found.median, found.high))


def seconds(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def alarming(number: int, style: str = "bold red") -> str:
    """A number that should be zero."""
    return f"[{style}]{number}[/]" if number else "0"
