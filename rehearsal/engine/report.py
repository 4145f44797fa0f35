"""Shows what the engine did: a table in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape

from rehearsal.drill.tables import line, mark, seconds, show_faults, table
from rehearsal.engine.episode import Scenario
from rehearsal.engine.results import Run


def show(console: Console, scenarios: Sequence[Scenario], runs: Sequence[Run]) -> None:
    """What each scenario did and whether it held, and every fault."""
    titles: Mapping[str, str] = {one.name: one.title for one in scenarios}
    made = table("Pulumi's engine on real servers", ("", "checks", "seconds"), first="scenario")
    made.add_column(" commands of the engine", overflow="fold")
    for run in runs:
        made.add_row(
            escape(titles[run.drill]),
            mark(good=not run.faults),
            f"{sum(one.holds for one in run.checks)}/{len(run.checks)}",
            seconds(run.took),
            escape("\n".join(map(str, run.outcomes))),
        )
    console.print(made, "")
    for run in runs:
        for what, seen in run.notes.items():
            console.print(f"{run.drill}: {escape(what)}: {escape(seen)}", highlight=False)
    show_faults(console, runs)


def line_of(run: Run) -> str:
    """One scenario in one line, for the progress."""
    held = sum(one.holds for one in run.checks)
    return line(run, f"{held} of {len(run.checks)} checks hold, {run.took:.1f} s")
