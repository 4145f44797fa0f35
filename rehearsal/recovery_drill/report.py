"""Shows the recovery drills: tables in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehearsal.drill.results import by_drill
from rehearsal.drill.tables import alarming, line, mark, seconds, show_faults, spread, table
from rehearsal.recovery_drill.episode import Drill
from rehearsal.recovery_drill.results import Run


def show(console: Console, drills: Sequence[Drill], runs: Sequence[Run]) -> None:
    """What each cost, how long each runbook took, what had to hold, and every fault."""
    titles = {drill.name: drill.title for drill in drills}
    console.print(_costs(titles, runs), "")
    console.print(_steps(titles, runs), "")
    console.print(_checks(titles, runs), "")
    for run in runs:
        for what, text in run.notes.items():
            console.print(f"  {run.drill}: {escape(f'{what}: {text}')}", highlight=False)
    show_faults(console, runs)


def line_of(run: Run) -> str:
    """One run in one line, for the progress."""
    held = sum(check.holds for check in run.checks)
    return line(
        run,
        f"healthy {run.repair:.1f} s after the first command, writes out "
        f"{run.traffic.writes.downtime.seconds:.2f} s, {held} of {len(run.checks)} hold",
    )


def _costs(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    made = table(
        "Recovery, and what it cost",
        (
            "n",
            "repaired after s\nmin/median/max",
            "writes out s\nmin/median/max",
            "with retries\nfailed, max s",
            "lost",
        ),
    )
    for name, own in by_drill(runs).items():
        failed = sum(run.traffic.retried.failed for run in own)
        slowest = max(run.traffic.retried.slowest_seconds for run in own)
        made.add_row(
            titles[name],
            str(len(own)),
            spread(run.repair for run in own),
            spread(run.traffic.writes.downtime.seconds for run in own),
            f"{alarming(failed, 'yellow')}, {seconds(slowest)}",
            alarming(sum(run.traffic.lost for run in own)),
        )
    return made


def _steps(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    """Each step's seconds: medians over the runs."""
    made = table("The runbooks' commands, and what was waited for")
    made.add_column("step")
    made.add_column("s\nmin/median/max", justify="right", no_wrap=True)
    for name, own in by_drill(runs).items():
        steps: dict[str, list[float]] = {}
        for run in own:
            for step in run.steps:
                steps.setdefault(step.what, []).append(step.seconds)
        for what, taken in steps.items():
            made.add_row(titles[name], what, spread(taken))
        made.add_section()
    return made


def _checks(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    made = table("What must hold")
    made.add_column("what")
    made.add_column("held", justify="right", no_wrap=True)
    for name, own in by_drill(runs).items():
        held: dict[str, list[bool]] = {}
        for run in own:
            for check in run.checks:
                held.setdefault(check.what, []).append(check.holds)
        for what, each in held.items():
            made.add_row(titles[name], what, f"{mark(good=all(each))} {sum(each)}/{len(each)}")
        made.add_section()
    return made
