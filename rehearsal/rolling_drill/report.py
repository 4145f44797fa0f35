"""Shows the drills: tables in the terminal."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehearsal.drill.results import Spread
from rehearsal.rolling_drill.episode import Drill
from rehearsal.rolling_drill.results import Run

_SHOWN_ERRORS = 3


def show(console: Console, drills: Sequence[Drill], runs: Sequence[Run]) -> None:
    """What each cost the clients, how long each server took, and every fault."""
    console.print(_clients(runs), "")
    console.print(_servers(runs), "")
    console.print(_errors(runs), "")
    console.print(_meant(drills, runs), "")
    for run in runs:
        for fault in run.faults:
            line = f"[bold red]✗[/] {run.drill} {run.number}: {escape(fault)}"
            console.print(line, highlight=False)


def line_of(run: Run) -> str:
    """One run in one line, for the progress."""
    mark = "[bold red]✗[/]" if run.faults else "[green]✓[/]"
    return (
        f"{mark} {run.drill} {run.number}: {run.took:.0f} s, writes out "
        f"{run.writes.downtime.seconds:.2f} s, failed {run.retried.failed} of "
        f"{run.retried.requests} with retries, {run.unretried} of "
        f"{run.writes.sent + run.reads.sent} without"
        + "".join(f"; {escape(fault)}" for fault in run.faults)
    )


def _clients(runs: Sequence[Run]) -> Table:
    table = _table("What clients noticed")
    for heading in (
        "n",
        "writes\nout s",
        "failed\nwith retries",
        "slowest\ns",
        "failed\nwithout",
        "lost",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, own in _grouped(runs).items():
        table.add_row(
            name,
            str(len(own)),
            f"{max(run.writes.downtime.seconds for run in own):.2f}",
            f"{sum(run.retried.failed for run in own)} of "
            f"{sum(run.retried.requests for run in own)}",
            f"{max(run.retried.slowest_seconds for run in own):.2f}",
            f"{sum(run.unretried for run in own)} of "
            f"{sum(run.writes.sent + run.reads.sent for run in own)}",
            str(sum(run.lost for run in own)),
        )
    return table


def _servers(runs: Sequence[Run]) -> Table:
    table = _table("Seconds from when a pod is told to end: median (most)")
    for heading in (
        "standby\nunsealed",
        "all well\nfor 10 s",
        "leader\nunsealed",
        "all well\nfor 10 s",
        "whole\ndrill",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, own in _grouped(runs).items():
        replaced = [one for run in own for one in run.replaced]
        standbys, leaders = ([one for one in replaced if one.led is led] for led in (False, True))
        table.add_row(
            name,
            _spread(one.away for one in standbys),
            _spread(one.settled for one in standbys),
            _spread(one.away for one in leaders),
            _spread(one.settled for one in leaders),
            f"{statistics.median(run.took for run in own):.0f}",
        )
    return table


def _errors(runs: Sequence[Run]) -> Table:
    table = _table("What a client that does not try again was told")
    table.add_column("requests", overflow="fold")
    for name, own in _grouped(runs).items():
        errors: Counter[str] = Counter()
        for run in own:
            errors.update(run.writes.errors)
            errors.update(run.reads.errors)
        told = [f"{count} {why}" for why, count in errors.most_common(_SHOWN_ERRORS)]
        table.add_row(name, ", ".join(told) or "nothing")
    return table


def _meant(drills: Sequence[Drill], runs: Sequence[Run]) -> Table:
    table = _table("What was done")
    table.add_column("on", justify="right")
    table.add_column("versions", no_wrap=True)
    table.add_column("")
    titles = {drill.name: drill.title for drill in drills}
    for name, own in _grouped(runs).items():
        first = own[0]
        versions = sorted({first.before, first.after})
        table.add_row(name, f"{first.servers} servers", " to ".join(versions), titles[name])
    return table


def _grouped(runs: Iterable[Run]) -> dict[str, list[Run]]:
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        grouped.setdefault(run.drill, []).append(run)
    return grouped


def _spread(values: Iterable[float]) -> str:
    found = list(values)
    if not found:
        return "-"
    spread = Spread.of(found)
    return f"{spread.median:.1f} ({spread.high:.1f})"


def _table(title: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    table.add_column("drill", no_wrap=True)
    return table
