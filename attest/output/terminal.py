"""A comparison in a terminal, with the review's tables and signs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.text import Text

from attest.differences import Fate
from attest.output import wording
from attest.report import Report, Status
from policies.review.output import wording as of_review
from policies.review.output.terminal import finding_of, table_of, workload_of
from policies.texts import MOST_LINES, clipped, seen

_COLOURS: Final = {
    Fate.MISSING: "magenta",
    Fate.DIFFERENT: "yellow",
    Fate.UNDECLARED: "green",
}
_STATUS: Final = {Status.SAME: "green", Status.INCOMPLETE: "yellow", Status.DIFFERS: "bold red"}
_MOST_OF_A_VALUE: Final = 400


def show(console: Console, report: Report) -> None:
    """What matters first."""
    console.print(Text(seen(wording.headline(report)), style="bold"))
    console.print(Text(seen(wording.verdict(report)), style=_STATUS[report.status]))
    for part in (_unread, _differences, _access, _holders, _usage):
        for shown in part(report):
            console.print(shown)
    for note in report.notes:
        console.print(Text(f"\nNote: {seen(note)}", style="cyan"))
    console.print(Text(f"\n{seen(wording.source(report))}", style="dim"))


def _heading(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _indented(table: RenderableType) -> RenderableType:
    return Padding(table, (0, 0, 0, 2))


def _unread(report: Report) -> Iterator[RenderableType]:
    if report.unread:
        yield _heading("Not read: nothing is known of what is there")
        table = table_of("path", "operation", "why")
        for one in report.unread:
            table.add_row(seen(one.path), one.operation, seen(one.reason))
        yield _indented(table)


def _differences(report: Report) -> Iterator[RenderableType]:
    for fate in Fate:
        if found := report.of(fate):
            yield _heading(wording.title(fate))
            table = table_of("", "what", "name", "of it", "declared", "in Vault")
            every = [row for one in found for row in wording.rows(one)]
            for row in every[:MOST_LINES]:
                sign = Text(row.sign if row.kind else "", style=_COLOURS[fate])
                cells = (row.kind, row.name, row.what, row.declared, row.live)
                table.add_row(sign, *(_cell(text) for text in cells))
            yield _indented(table)
            if left := len(every) - MOST_LINES:
                yield from _left(left)


def _left(number: int) -> Iterator[RenderableType]:
    if number > 0:
        yield Text(f"  and {number} more lines, which the JSON has", style="dim")


def _cell(text: str) -> Text:
    return Text(seen(clipped(text, _MOST_OF_A_VALUE), lines=True))


def _access(report: Report) -> Iterator[RenderableType]:
    """In the review's words: as if Vault were a change of the matrix."""
    review = report.access.review
    findings, changed = of_review.findings(review), of_review.workloads(review)
    if findings or changed:
        yield _heading("What workloads have in Vault, beside what the matrix gives them")
    yield from map(finding_of, findings)
    yield from map(workload_of, changed)


def _holders(report: Report) -> Iterator[RenderableType]:
    if carried := wording.carried(report):
        yield _heading("Tokens by ACL policy")
        table = table_of("ACL policy", "tokens", "")
        for one in carried[:MOST_LINES]:
            declared = "" if one.declared else "nobody declared it"
            table.add_row(seen(one.policy), str(one.tokens), declared)
        yield _indented(table)
        yield from _left(len(carried) - MOST_LINES)


def _usage(report: Report) -> Iterator[RenderableType]:
    usage = report.usage
    if usage is None:
        return
    yield _heading("Grants that the audit log does not show in use")
    yield Text(seen(wording.span(usage)))
    table = table_of("workload", "grant", "path", "may")
    for one in usage.unused[:MOST_LINES]:
        table.add_row(*map(seen, (one.workload, one.grant, one.path, ", ".join(one.capabilities))))
    if usage.unused:
        yield _indented(table)
    yield from _left(len(usage.unused) - MOST_LINES)
    for foreign in usage.foreign:
        yield Text(
            seen(
                f"  {foreign.entries} allowed by {foreign.policy}, which the matrix lacks, such as "
                f"{foreign.path}"
            ),
            style="red",
        )
