"""Shows the proof: a table in the terminal, and every cell as JSON."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.table import Table

from rehearsal.proof.results import Figure, Outcome, Result

_MARK = {True: "[green]✓[/]", False: "[bold red]✗[/]"}


def show(console: Console, results: Sequence[Result]) -> None:
    """Allowed cells one by one, denied ones of a kind in one row, mismatches all and last."""
    console.print(_cells(results))
    console.print(_latencies(results))
    mismatches = [result for result in results if not result.ok]
    for result in mismatches:
        console.print(
            f"[bold red]✗[/] {result.subject}: {result.operation} {result.resource}: expected "
            f"{result.expected.value}, seen {result.seen.outcome.value} {result.seen.detail}",
            highlight=False,
        )


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
    table = Table(title="The access matrix, every cell tried", title_justify="left")
    table.add_column("workload", style="bold", no_wrap=True)
    table.add_column("cell")
    table.add_column("with")
    table.add_column("expected")
    table.add_column("seen")
    table.add_column("ms", justify="right")
    table.add_column("figure ms", justify="right")
    ordered = sorted(results, key=lambda result: result.subject)
    for subject, theirs in groupby(ordered, key=lambda result: result.subject):
        for index, row in enumerate(_rows(list(theirs))):
            table.add_row(subject if index == 0 else "", *row)
        table.add_section()
    return table


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
    seen = f"{_MARK[right == len(results)]} {results[0].expected.value}"
    if right < len(results):
        seen = f"{_MARK[False]} otherwise"
    if len(results) > 1:
        seen += f" {right}/{len(results)}"
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
    table = Table(title="Latency beside the decision record's figures", title_justify="left")
    for column, justify in (
        ("operation", "left"),
        ("n", "right"),
        ("min ms", "right"),
        ("median ms", "right"),
        ("max ms", "right"),
        ("figure ms", "right"),
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
