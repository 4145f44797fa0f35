"""Shows what was compared: a table, the pace, and every difference with the command to see it
again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from rehearsal.fuzz.results import Difference, Kind, Pace, Results

_SHOWN = 10
_NAMES = {
    Kind.CAPABILITIES: ("paths asked of sys/capabilities", "granted"),
    Kind.TEXTS: ("policies written", "taken"),
    Kind.OPERATIONS: ("requests sent", "allowed"),
    Kind.DIFFERENCES: ("differences of two sides", "changed"),
}


def show(console: Console, results: Results) -> None:
    console.print(_table(results))
    for line in _apart(results):
        console.print(line, highlight=False)
    if results.pace:
        console.print(pace(results.pace), highlight=False)
    found = [pair for tally in results.tallies.values() for pair in tally.differences]
    for seed, difference in found[:_SHOWN]:
        console.print("\n".join(_difference(seed, difference)), highlight=False, markup=False)
    if len(found) > _SHOWN:
        console.print(f"... and {len(found) - _SHOWN} more differences")
    console.print(verdict(results), highlight=False)


def progress(results: Results) -> str:
    """One line while it runs."""
    return (
        f"round {results.seed + results.rounds - 1}: {results.compared:,} answers compared, "
        f"{results.differed:,} differ"
    )


def verdict(results: Results) -> str:
    """The last line."""
    mark = "[bold red]✗[/]" if results.differed else "[green]✓[/]"
    return (
        f"{mark} {results.compared:,} answers compared with a real Vault, "
        f"{results.differed:,} differ (seed {results.seed}, {results.rounds:,} rounds)"
    )


def pace(measured: Pace) -> str:
    return (
        f"decisions a second: policies.acl {measured.ours:,.0f}; sys/capabilities over HTTP "
        f"{measured.one_a_request:,.0f} one by one, {measured.many_a_request:,.0f} with many paths "
        f"in a request; {measured.ratio:,.0f} times as fast as one by one"
    )


def _table(results: Results) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("compared with a real Vault", no_wrap=True)
    for column in ("answers", "of them a yes", "a second", "differ"):
        table.add_column(column, justify="right", no_wrap=True)
    for kind, tally in results.tallies.items():
        if tally.compared:
            name, yes = _NAMES[kind]
            table.add_row(
                name,
                f"{tally.compared:,}",
                f"{tally.granted / tally.compared:.0%} {yes}",
                f"{tally.compared / tally.seconds:,.0f}",
                f"{len(tally.differences):,}",
            )
    return table


def _apart(results: Results) -> Iterator[str]:
    for kind, tally in results.tallies.items():
        if tally.counted:
            listed = ", ".join(f"{count:,} {what}" for what, count in tally.counted.items())
            yield f"{_NAMES[kind][0]}: {listed}"
        for reason, count in sorted(tally.apart.items()):
            yield f"not compared, {_NAMES[kind][0]}: {count:,}: {escape(reason)}"


def _difference(seed: int, found: Difference) -> Iterator[str]:
    yield f"✗ {found.question}"
    yield f"  policies.acl: {found.ours}"
    yield f"  Vault:        {found.vaults}"
    for name, text in islice(found.policies.items(), _SHOWN):
        yield f"  policy {name}: {text!r}"
    yield f"  again: python -m rehearsal.fuzz --seed {seed} --rounds 1"
