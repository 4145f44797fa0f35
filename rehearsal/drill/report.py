"""Shows the drills: tables in the terminal."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from rehearsal.drill.episode import Drill
from rehearsal.drill.phases import Phases
from rehearsal.drill.results import Run, by_drill
from rehearsal.drill.tables import alarming, line, seconds, show_faults, spread, table

_SHOWN_ERRORS = 3


def show(console: Console, drills: Sequence[Drill], runs: Sequence[Run]) -> None:
    """What each drill cost, where the time went, what clients were told, and every fault."""
    titles = {drill.name: drill.title for drill in drills}
    console.print(_costs(titles, runs), "")
    if any(run.phases for run in runs):
        console.print(_phases(titles, runs), "")
    console.print(_errors(titles, runs), "")
    show_faults(console, runs)


def line_of(run: Run) -> str:
    """One run in one line, for the progress."""
    return line(
        run,
        f"writes out {run.writes.downtime.seconds:.2f} s, {run.retried.failed} of "
        f"{run.retried.requests} failed with retries, healthy after {run.healthy_after:.1f} s",
    )


def _costs(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    made = table(
        "Failures, and what they cost",
        (
            "n",
            "writes out s\nmin/median/max",
            "with retries\nfailed, max s",
            "lost",
            "stale",
            "healthy after s\nmin/median/max",
        ),
        gap=0,
    )
    for name, own in by_drill(runs).items():
        failed = sum(run.retried.failed for run in own)
        slowest = max(run.retried.slowest_seconds for run in own)
        made.add_row(
            titles[name],
            str(len(own)),
            spread(run.writes.downtime.seconds for run in own),
            f"{alarming(failed, 'yellow')}, {seconds(slowest)}",
            alarming(sum(run.lost for run in own)),
            alarming(sum(len(run.stale) for run in own)),
            spread(run.healthy_after for run in own),
        )
    return made


def _phases(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
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
    title = "Where the time of a hand-over goes, medians in ms"
    made = table(title, ("n", *parts, *counts), gap=0)
    for name, own in by_drill(runs).items():
        known = [run.phases for run in own if run.phases]
        if known:
            medians = [statistics.median(part(p) for p in known) for part in parts.values()]
            made.add_row(
                titles[name],
                str(len(known)),
                *(f"{median * 1000:.0f}" for median in medians),
                *(str(sum(part(p) for p in known)) for part in counts.values()),
            )
    return made


def _errors(titles: Mapping[str, str], runs: Sequence[Run]) -> Table:
    title = "What clients that do not retry were told, all runs"
    made = table(title, ("reads out s\nmin/median/max", "sent", "failed"), gap=0)
    made.add_column(" most often", overflow="fold")
    for name, own in by_drill(runs).items():
        errors: Counter[str] = Counter()
        for run in own:
            errors.update(run.writes.errors)
            errors.update(run.reads.errors)
        often = [f"{number} {why}" for why, number in errors.most_common(_SHOWN_ERRORS)]
        notes = {f"{what} {value}" for run in own for what, value in run.notes.items()}
        made.add_row(
            titles[name],
            spread(run.reads.downtime.seconds for run in own),
            str(sum(run.writes.sent + run.reads.sent for run in own)),
            str(errors.total()),
            Padding(escape("; ".join([*often, *sorted(notes)])), (0, 0, 0, 1)),
        )
    return made
