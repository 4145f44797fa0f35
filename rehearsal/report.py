"""Shows the proof: a table in the terminal, and every cell as JSON."""

from __future__ import annotations

import json
import statistics
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rehearsal import picture
from rehearsal.proof.results import Figure, Outcome, Result

_LONGEST_NAME, _LONGEST_PIECE = 24, 14
# How headings are broken where a line has no room for them.
_BROKEN = {
    "log in": "log\nin",
    "database": "data-\nbase",
    "control": "con-\ntrol",
    "rotation": "rota-\ntion",
    "snapshots": "snap-\nshots",
    "provisioner": "provi-\nsioner",
    "delivery": "deli-\nvery",
}
_MARK = {True: "[green]✓[/]", False: "[bold red]✗[/]"}


def show(console: Console, results: Sequence[Result]) -> None:
    """Allowed cells one by one, denied ones of a kind in one row, mismatches all and last."""
    console.print(_cells(results))
    show_overview(console, results)
    mismatches = [result for result in results if not result.ok]
    for result in mismatches:
        line = (
            f"{result.subject}: {result.operation} {result.resource}: expected "
            f"{result.expected.value}, seen {result.seen.outcome.value} {result.seen.detail}"
        )
        console.print(f"{_MARK[False]} {escape(line.rstrip())}", highlight=False)


def show_overview(console: Console, results: Sequence[Result]) -> None:
    """The matrix in one screen, and the latencies."""
    console.print(_overview(results, console.width))
    console.print(_latencies(results))


def save_picture(path: Path, steps: Sequence[str], results: Sequence[Result], last: str) -> None:
    """An SVG of the overview, as a terminal shows it."""

    def shown(console: Console) -> None:
        for step in steps:
            console.print(step, highlight=False)
        show_overview(console, results)
        console.print(last, highlight=False)

    picture.save_picture(path, "make rehearse", shown)


def summary(results: Sequence[Result]) -> str:
    """The last line: what was proven."""
    allowed = sum(result.ok and result.expected is Outcome.ALLOWED for result in results)
    denied = sum(result.ok and result.expected is Outcome.DENIED for result in results)
    wrong = len(results) - allowed - denied
    return f"{allowed} allowed and {denied} denied as the matrix says, {wrong} otherwise"


def write_json(path: Path, results: Iterable[Result]) -> None:
    """Every cell with its latency in milliseconds. No secrets are in a result."""
    cells = [
        {
            "subject": result.subject,
            "operation": result.operation,
            "resource": result.resource,
            "expected": result.expected.value,
            "seen": result.seen.outcome.value,
            "ok": result.ok,
            "milliseconds": result.seen.milliseconds,
            "figure": result.figure.label if result.figure else None,
            "detail": result.seen.detail,
        }
        for result in results
    ]
    path.write_text(json.dumps(cells, indent=1) + "\n", encoding="utf-8")


def _cells(results: Sequence[Result]) -> Table:
    """A workload is a line of its own, so that 80 columns are enough; names are never cut."""
    table = Table(
        title="The access matrix, every cell tried",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    table.add_column("workload\n  cell", overflow="fold")
    table.add_column("with", overflow="fold", min_width=23)
    table.add_column("expected", no_wrap=True)
    table.add_column("seen", no_wrap=True)
    table.add_column("ms", justify="right", no_wrap=True)
    table.add_column("figure\nms", justify="right", no_wrap=True)
    ordered = sorted(results, key=lambda result: result.subject)
    for subject, theirs in groupby(ordered, key=lambda result: result.subject):
        table.add_row(f"[bold]{subject}[/]")
        for operation, resource, *rest in _rows(list(theirs)):
            table.add_row(Padding(operation, (0, 0, 0, 2)), escape(resource), *rest)
        table.add_section()
    return table


def _overview(results: Sequence[Result], width: int) -> Table:
    """Where it gets narrow, headings give way first, then names, and figures never."""
    areas = list(dict.fromkeys(result.area for result in results))
    table = Table(
        title="Cells as the matrix says: [green]allowed[/]+[blue]denied[/]",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    cells = {
        subject: [
            _counts([r for r in results if r.subject == subject and r.area == area])
            for area in areas
        ]
        for subject in sorted({result.subject for result in results})
    }
    figures = [
        max(Text.from_markup(cell).cell_len for cell in column)
        for column in zip(*cells.values(), strict=True)
    ]
    headings = areas
    if width - _taken(headings, figures) < _LONGEST_NAME:
        headings = [_BROKEN.get(area, area) for area in areas]
    left = min(_LONGEST_NAME, max(_LONGEST_PIECE, width - _taken(headings, figures)))
    table.add_column("workload", style="bold", no_wrap=True)
    for heading, figure in zip(headings, figures, strict=True):
        table.add_column(heading, justify="right", min_width=figure, overflow="fold")
    for subject, counts in cells.items():
        table.add_row(_lines(subject, left), *counts)
    return table


def _taken(headings: Sequence[str], figures: Sequence[int]) -> int:
    """By the columns of figures, each with a space before it."""
    return sum(
        max(figure, *map(len, heading.split("\n"))) + 1
        for heading, figure in zip(headings, figures, strict=True)
    )


def _lines(name: str, longest: int) -> str:
    """A name that is broken behind a hyphen or a slash."""
    lines = textwrap.wrap(name.replace("/", "/ "), longest)
    return "\n".join(line.replace("/ ", "/") for line in lines)


def _counts(results: Sequence[Result]) -> str:
    allowed = sum(result.ok and result.expected is Outcome.ALLOWED for result in results)
    denied = sum(result.ok and result.expected is Outcome.DENIED for result in results)
    counts = [f"[green]{allowed}[/]" if allowed else "", f"[blue]{denied}[/]" if denied else ""]
    if wrong := len(results) - allowed - denied:
        counts.append(f"[bold red]{wrong}[/]")
    return "+".join(count for count in counts if count)


def _rows(results: Sequence[Result]) -> Iterator[tuple[str, str, str, str, str, str]]:
    for result in results:
        if result.expected is Outcome.ALLOWED:
            yield _row(result.operation, result.resource, [result])
    denied = sorted(
        (result for result in results if result.expected is Outcome.DENIED),
        key=lambda result: result.operation,
    )
    for operation, same in groupby(denied, key=lambda result: result.operation):
        group = list(same)
        yield _row(operation, _joined([result.resource for result in group]), group)


def _row(
    operation: str, resource: str, results: Sequence[Result]
) -> tuple[str, str, str, str, str, str]:
    right = sum(result.ok for result in results)
    words = f"{right}/{len(results)}" if len(results) > 1 else results[0].seen.outcome.value
    seen = f"{_MARK[right == len(results)]} {words}"
    times = [r.seen.milliseconds for r in results if r.seen.milliseconds is not None]
    figure = results[0].figure if results[0].expected is Outcome.ALLOWED else None
    return (
        operation,
        resource,
        results[0].expected.value,
        seen,
        f"{statistics.median(times):.1f}" if times else "",
        figure.range if figure else "",
    )


def _joined(resources: Sequence[str]) -> str:
    shown = list(dict.fromkeys(resources))
    more = f" and {len(shown) - 3} more" if len(shown) > 3 else ""
    return ", ".join(shown[:3]) + more


def _latencies(results: Sequence[Result]) -> Table:
    table = Table(
        title="Latency beside its targets",
        title_justify="left",
        box=box.SIMPLE_HEAD,
    )
    for column, justify in (
        ("operation", "left"),
        ("n", "right"),
        ("min ms", "right"),
        ("median ms", "right"),
        ("max ms", "right"),
        ("target ms", "right"),
        ("", "left"),
    ):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for figure in Figure:
        times = sorted(
            result.seen.milliseconds
            for result in results
            if result.figure is figure
            and result.seen.outcome is Outcome.ALLOWED
            and result.seen.milliseconds is not None
        )
        if times:
            median = statistics.median(times)
            table.add_row(
                figure.label,
                str(len(times)),
                f"{times[0]:.1f}",
                f"{median:.1f}",
                f"{times[-1]:.1f}",
                figure.range,
                "[green]within[/]" if median <= figure.upper else "[yellow]above[/]",
            )
    return table
