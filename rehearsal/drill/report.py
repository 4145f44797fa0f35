"""Shows the drills: tables in the terminal."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from rehearsal.drill.episode import Drill
from rehearsal.drill.phases import Phases
from rehearsal.drill.results import Run, Spread, by_drill

_SHOWN_ERRORS = 3


def show(console: Console, drills: Sequence[Drill], runs: Sequence[Run]) -> None:
    """What each drill cost, where the time went, what clients were told, and every fault."""
    titles = {drill.name: drill.title for drill in drills}
    console.print(_costs(titles, runs), "")
    if any(run.phases for run in runs):
        console.print(_phases(titles, runs), "")
    console.print(_errors(titles, runs), "")
    for run in runs:
        for fault in run.faults:
            line = f"[bold red]✗[/] {run.drill} {run.number}: {escape(fault)}"
            console.print(line, highlight=False)


def line_of(run: Run) -> str:
    """One run in one line, for the progress."""
    mark = "[bold red]✗[/]" if run.faults else "[green]✓[/]"
    return (
        f"{mark} {run.drill} {run.number}: writes out {run.writes.downtime.seconds:.2f} s, "
        f"{run.retried.failed} of {run.retried.requests} failed with retries, healthy after "
        f"{run.healthy_after:.1f} s" + "".join(f"; {escape(fault)}" for fault in run.faults)
    )


def _costs(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    table = _table("Failures, and what they cost")
    for heading in (
        "n",
        "writes out s\nmin/median/max",
        "with retries\nfailed, max s",
        "lost",
        "stale",
        "healthy after s\nmin/median/max",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, own in by_drill(runs).items():
        failed = sum(run.retried.failed for run in own)
        slowest = max(run.retried.slowest_seconds for run in own)
        table.add_row(
            titles[name],
            str(len(own)),
            _spread(own, lambda run: run.writes.downtime.seconds),
            f"{_alarming(failed, 'yellow')}, {_seconds(slowest)}",
            _alarming(sum(run.lost for run in own), "bold red"),
            _alarming(sum(len(run.stale) for run in own), "bold red"),
            _spread(own, lambda run: run.healthy_after),
        )
    return table


def _phases(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    table = _table("Where the time of a hand-over goes, medians in ms")
    parts: dict[str, Callable[[Phases], float]] = {
        "noticed,\nlet go": lambda p: p.notice,
        "election": lambda p: p.election,
        "lock": lambda p: p.lock,
        "setup": lambda p: p.setup,
        "first\nanswer": lambda p: p.answer,
    }
    counts: dict[str, Callable[[Phases], int]] = {
        "votes\nrefused": lambda p: p.refused,
        "election\nrepeated": lambda p: p.repeated,
    }
    for heading in ("n", *parts, *counts):
        table.add_column(heading, justify="right", no_wrap=True)
    for name, own in by_drill(runs).items():
        known = [run.phases for run in own if run.phases]
        if known:
            medians = [statistics.median(part(p) for p in known) for part in parts.values()]
            table.add_row(
                titles[name],
                str(len(known)),
                *(f"{median * 1000:.0f}" for median in medians),
                *(str(sum(part(p) for p in known)) for part in counts.values()),
            )
    return table


def _errors(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    table = _table("What clients that do not retry were told, all runs")
    table.add_column("reads out s\nmin/median/max", justify="right", no_wrap=True)
    table.add_column("sent", justify="right", no_wrap=True)
    table.add_column("failed", justify="right", no_wrap=True)
    table.add_column(" most often", overflow="fold")
    for name, own in by_drill(runs).items():
        errors: Counter[str] = Counter()
        for run in own:
            errors.update(run.writes.errors)
            errors.update(run.reads.errors)
        often = [f"{number} {why}" for why, number in errors.most_common(_SHOWN_ERRORS)]
        notes = {f"{what} {value}" for run in own for what, value in run.notes.items()}
        table.add_row(
            titles[name],
            _spread(own, lambda run: run.reads.downtime.seconds),
            str(sum(run.writes.sent + run.reads.sent for run in own)),
            str(errors.total()),
            Padding(escape("; ".join([*often, *sorted(notes)])), (0, 0, 0, 1)),
        )
    return table


def _table(title: str) -> Table:
    """With a first column for the drills, which folds so that 80 columns are enough."""
    table = Table(
        title=title,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=0,
    )
    table.add_column("drill", overflow="fold", min_width=20)
    return table


def _spread(runs: Sequence[Run], value: Callable[[Run], float]) -> str:
    spread = Spread.of(value(run) for run in runs)
    return "/".join(_seconds(one) for one in (spread.low, spread.median, spread.high))


def _seconds(value: float) -> str:
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def _alarming(number: int, style: str) -> str:
    return f"[{style}]{number}[/]" if number else "0"
