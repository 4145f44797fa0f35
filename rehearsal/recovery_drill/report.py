"""Shows the recovery drills: tables in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehearsal.drill.results import Spread
from rehearsal.recovery_drill.episode import Drill
from rehearsal.recovery_drill.results import Run

_MARK = {True: "[green]✓[/]", False: "[bold red]✗[/]"}


def show(console: Console, drills: Sequence[Drill], runs: Sequence[Run]) -> None:
    """What each cost, how long each runbook took, what had to hold, and every fault."""
    titles = {drill.name: drill.title for drill in drills}
    console.print(_costs(titles, runs), "")
    console.print(_steps(titles, runs), "")
    console.print(_checks(titles, runs), "")
    for run in runs:
        for what, text in run.notes.items():
            console.print(f"  {run.drill}: {escape(f'{what}: {text}')}", highlight=False)
    for run in runs:
        for fault in run.faults:
            line = f"[bold red]✗[/] {run.drill} {run.number}: {escape(fault)}"
            console.print(line, highlight=False)


def line_of(run: Run) -> str:
    """One run in one line, for the progress."""
    held = sum(check.holds for check in run.checks)
    return (
        f"{_MARK[not run.faults]} {run.drill} {run.number}: healthy {run.repair:.1f} s after the "
        f"first command, writes out {run.traffic.writes.downtime.seconds:.2f} s, {held} of "
        f"{len(run.checks)} hold" + "".join(f"; {escape(fault)}" for fault in run.faults)
    )


def _costs(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    table = _table("Recovery, and what it cost", "drill")
    for heading in (
        "n",
        "repaired after s\nmin/median/max",
        "writes out s\nmin/median/max",
        "with retries\nfailed, max s",
        "lost",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, own in _by_drill(runs).items():
        failed = sum(run.traffic.retried.failed for run in own)
        slowest = max(run.traffic.retried.slowest_seconds for run in own)
        table.add_row(
            titles[name],
            str(len(own)),
            _spread([run.repair for run in own]),
            _spread([run.traffic.writes.downtime.seconds for run in own]),
            f"{failed}, {slowest:.2f}",
            str(sum(run.traffic.lost for run in own)),
        )
    return table


def _steps(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    """Each step's seconds: medians over the runs."""
    table = _table("The runbooks' commands, and what was waited for", "drill")
    table.add_column("step")
    table.add_column("s\nmin/median/max", justify="right", no_wrap=True)
    for name, own in _by_drill(runs).items():
        seconds: dict[str, list[float]] = {}
        for run in own:
            for step in run.steps:
                seconds.setdefault(step.what, []).append(step.seconds)
        for what, spread in seconds.items():
            table.add_row(titles[name], what, _spread(spread))
        table.add_section()
    return table


def _checks(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    table = _table("What must hold", "drill")
    table.add_column("what")
    table.add_column("held", justify="right", no_wrap=True)
    for name, own in _by_drill(runs).items():
        held: dict[str, list[bool]] = {}
        for run in own:
            for check in run.checks:
                held.setdefault(check.what, []).append(check.holds)
        for what, each in held.items():
            table.add_row(titles[name], what, f"{_MARK[all(each)]} {sum(each)}/{len(each)}")
        table.add_section()
    return table


def _by_drill(runs: Sequence[Run]) -> dict[str, list[Run]]:
    grouped: dict[str, list[Run]] = {}
    for run in runs:
        grouped.setdefault(run.drill, []).append(run)
    return grouped


def _table(title: str, first: str) -> Table:
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column(first, overflow="fold", min_width=18)
    return table


def _spread(values: Sequence[float]) -> str:
    spread = Spread.of(values)
    return "/".join(
        f"{one:.2f}" if one < 9.995 else f"{one:.1f}"
        for one in (spread.low, spread.median, spread.high)
    )
