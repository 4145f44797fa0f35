"""Shows the client drills: a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehearsal.client_drill.episode import Drill
from rehearsal.client_drill.results import Run
from rehearsal.client_drill.run import APPLICATION, GETS_PER_SECOND
from rehearsal.client_drill.samples import Latency


def show(console: Console, drills: Sequence[Drill], runs: Sequence[Run]) -> None:
    console.print(_table(drills, runs), "")
    shares = [run.cached for run in runs]
    console.print(
        f"from the cache: {min(shares):.2%} to {max(shares):.2%} of the secrets", highlight=False
    )
    for run in runs:
        if run.compared:
            client, plain = run.compared["client"], run.compared["plain"]
            console.print(
                f"one after another: {client:,.0f} secrets/s from the client, {plain:,.0f} by hvac "
                f"alone, {client / plain:,.0f} times as many",
                highlight=False,
            )
        for fault in run.faults:
            console.print(f"[bold red]✗[/] {run.drill} {run.number}: {escape(fault)}")


def line_of(run: Run) -> str:
    """One run in one line, for the progress."""
    mark = "[bold red]✗[/]" if run.faults else "[green]✓[/]"
    return (
        f"{mark} {run.drill} {run.number}: {run.secrets.failed} of {run.secrets.made:,} secrets "
        f"and {run.sql.failed} of {run.sql.made} statements failed, as before after "
        f"{run.recovered_after:.1f} s" + "".join(f"; {escape(fault)}" for fault in run.faults)
    )


def _table(drills: Sequence[Drill], runs: Sequence[Run]) -> Table:
    table = Table(
        title=f"{APPLICATION}, {GETS_PER_SECOND:,} secrets/s, and what befalls it",
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column("event", overflow="fold", min_width=18)
    for heading in (
        "secrets",
        "failed",
        "SQL",
        "failed",
        "stale\n%",
        "P95/P99\nus",
        "max\nms",
        "well\nafter s",
    ):
        table.add_column(heading, justify="right", no_wrap=True)
    titles = {drill.name: drill.title for drill in drills}
    for run in runs:
        table.add_row(
            titles[run.drill],
            str(run.secrets.made),
            _alarming(run.secrets.failed),
            str(run.sql.made),
            _alarming(run.sql.failed),
            f"{100 * run.secrets.stale / (run.secrets.made or 1):.0f}",
            *_latency(run.secrets.latency),
            f"{run.recovered_after:.1f}",
        )
    return table


def _latency(taken: Latency | None) -> tuple[str, str]:
    if taken is None:
        return "-", "-"
    shares = (taken.p95, taken.p99)
    return "/".join(f"{1e6 * share:.0f}" for share in shares), f"{1000 * taken.longest:.0f}"


def _alarming(number: int) -> str:
    return f"[bold red]{number}[/]" if number else "0"
