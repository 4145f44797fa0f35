"""Shows the client drills: a table in the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from rehearsal.client_drill.episode import Drill
from rehearsal.client_drill.results import Run
from rehearsal.client_drill.run import APPLICATION, GETS_PER_SECOND
from rehearsal.client_drill.samples import Latency
from rehearsal.drill.tables import alarming, line, show_faults, table


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
    show_faults(console, runs)


def line_of(run: Run) -> str:
    """One run in one line, for the progress."""
    return line(
        run,
        f"{run.secrets.failed} of {run.secrets.made:,} secrets and {run.sql.failed} of "
        f"{run.sql.made} statements failed, as before after {run.recovered_after:.1f} s",
    )


def _table(drills: Sequence[Drill], runs: Sequence[Run]) -> Table:
    made = table(
        f"{APPLICATION}, {GETS_PER_SECOND:,} secrets/s, and what befalls it",
        (
            "secrets",
            "failed",
            "SQL",
            "failed",
            "stale\n%",
            "P95/P99\nus",
            "max\nms",
            "well\nafter s",
        ),
        first="event",
    )
    titles = {drill.name: drill.title for drill in drills}
    for run in runs:
        made.add_row(
            titles[run.drill],
            str(run.secrets.made),
            alarming(run.secrets.failed),
            str(run.sql.made),
            alarming(run.sql.failed),
            f"{100 * run.secrets.stale / (run.secrets.made or 1):.0f}",
            *_latency(run.secrets.latency),
            f"{run.recovered_after:.1f}",
        )
    return made


def _latency(taken: Latency | None) -> tuple[str, str]:
    if taken is None:
        return "-", "-"
    shares = (taken.p95, taken.p99)
    return "/".join(f"{1e6 * share:.0f}" for share in shares), f"{1000 * taken.longest:.0f}"
