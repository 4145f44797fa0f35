"""Shows the drills: tables in the terminal."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from rehearsal.drill.results import Spread, by_drill
from rehearsal.drill.tables import line, show_faults, table
from rehearsal.rolling_drill.episode import Drill
from rehearsal.rolling_drill.results import Run

_SHOWN_ERRORS = 3


def show(console: Console, drills: Sequence[Drill], runs: Sequence[Run]) -> None:
    """What each cost the clients, how long each server took, and every fault."""
    console.print(_clients(runs), "")
    console.print(_servers(runs), "")
    console.print(_errors(runs), "")
    console.print(_meant(drills, runs), "")
    show_faults(console, runs)


def line_of(run: Run) -> str:
    """One run in one line, for the progress."""
    return line(
        run,
        f"{run.took:.0f} s, writes out {run.writes.downtime.seconds:.2f} s, failed "
        f"{run.retried.failed} of {run.retried.requests} with retries, {run.unretried} of "
        f"{run.writes.sent + run.reads.sent} without",
    )


def _clients(runs: Sequence[Run]) -> Table:
    made = table(
        "What clients noticed",
        (
            "n",
            "writes\nout s",
            "failed\nwith retries",
            "slowest\ns",
            "failed\nwithout",
            "lost",
        ),
    )
    for name, own in by_drill(runs).items():
        made.add_row(
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
    return made


def _servers(runs: Sequence[Run]) -> Table:
    made = table(
        "Seconds from when a pod is told to end: median (most)",
        (
            "standby\nunsealed",
            "all well\nfor 10 s",
            "leader\nunsealed",
            "all well\nfor 10 s",
            "whole\ndrill",
        ),
    )
    for name, own in by_drill(runs).items():
        replaced = [one for run in own for one in run.replaced]
        standbys, leaders = ([one for one in replaced if one.led is led] for led in (False, True))
        made.add_row(
            name,
            _spread(one.away for one in standbys),
            _spread(one.settled for one in standbys),
            _spread(one.away for one in leaders),
            _spread(one.settled for one in leaders),
            f"{statistics.median(run.took for run in own):.0f}",
        )
    return made


def _errors(runs: Sequence[Run]) -> Table:
    made = table("What a client that does not try again was told")
    made.add_column("requests", overflow="fold")
    for name, own in by_drill(runs).items():
        errors: Counter[str] = Counter()
        for run in own:
            errors.update(run.writes.errors)
            errors.update(run.reads.errors)
        told = [f"{count} {why}" for why, count in errors.most_common(_SHOWN_ERRORS)]
        made.add_row(name, ", ".join(told) or "nothing")
    return made


def _meant(drills: Sequence[Drill], runs: Sequence[Run]) -> Table:
    made = table("What was done")
    made.add_column("on", justify="right")
    made.add_column("versions", no_wrap=True)
    made.add_column("")
    titles = {drill.name: drill.title for drill in drills}
    for name, own in by_drill(runs).items():
        first = own[0]
        versions = sorted({first.before, first.after})
        made.add_row(name, f"{first.servers} servers", " to ".join(versions), titles[name])
    return made


def _spread(values: Iterable[float]) -> str:
    found = list(values)
    if not found:
        return "-"
    spread = Spread.of(found)
    return f"{spread.median:.1f} ({spread.high:.1f})"
