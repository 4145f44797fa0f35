"""A review in a terminal: as wide as it is, with colours only where it has them (`rich` looks
whether it is one, and at NO_COLOR). Signs and words say what colours say.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from policies.review.difference import Direction
from policies.review.model import Review, Severity, TermChange, Verdict
from policies.review.output import wording
from policies.review.output.wording import Changed, Line, Told
from policies.texts import joined, seen

_COLOURS: Final = {
    Severity.ESCALATION: "bold red",
    Severity.HIGH: "red",
    Severity.WARNING: "yellow",
    Severity.NOTE: "cyan",
}
_SIDES: Final = {Direction.GAINED: "green", Direction.LOST: "magenta"}
_VERDICTS: Final = {
    Verdict.NOTHING_GAINED: "green",
    Verdict.WITHIN_LIMITS: "yellow",
    Verdict.NEEDS_APPROVAL: "bold red",
}


def show(console: Console, review: Review) -> None:
    """What matters first; workloads that did not change are counted."""
    console.print(Text(wording.headline(review), style="bold"))
    end = ", because" if review.over_limit else ""
    if review.verdict is not Verdict.NEEDS_APPROVAL:
        end = ""
    console.print(Text(seen(wording.verdict(review)) + end, style=_VERDICTS[review.verdict]))
    for sentence in review.over_limit:
        console.print(Text(f"  - {seen(sentence)}"))
    for told in wording.findings(review):
        console.print(finding_of(told))
    for changed in wording.workloads(review):
        console.print(workload_of(changed))
    console.print(Text(f"\n{_compared(review)}", style="dim"))


def finding_of(told: Told) -> RenderableType:
    finding = told.finding
    title = Text.assemble(
        "\n",
        (told.severity, _COLOURS[finding.severity]),
        f" in {joined(told.environments)}{f', {seen(told.label)}' if told.names_whom else ''}: ",
        (seen(finding.title), "bold"),
    )
    reasons = [Text(f"{n}. {seen(reason)}") for n, reason in enumerate(finding.reasons, 1)]
    if finding.witness:
        reasons.append(Text.assemble("ask Vault about ", (seen(finding.witness), "cyan")))
    if finding.approvers:
        reasons.append(Text(f"to be approved by {seen(joined(finding.approvers))}"))
    return Group(title, *(Padding(reason, (0, 0, 0, 4)) for reason in reasons))


def workload_of(changed: Changed) -> RenderableType:
    workload = changed.workload
    title = Text.assemble(
        "\n",
        (seen(workload.label), "bold"),
        f" in {joined(changed.environments)}: {changed.title}",
    )
    return Group(title, *(Padding(table, (0, 0, 0, 2)) for table in _tables(changed)))


def _tables(changed: Changed) -> Iterator[RenderableType]:
    workload = changed.workload
    if workload.access:
        table = table_of("", "may", "on", "ask Vault about", "by the rule, instead of")
        for line in wording.lines(workload.access):
            table.add_row(*_line(line))
        yield table
    if workload.terms:
        table = table_of("", "term", "before", "after")
        for term in workload.terms:
            table.add_row(*_term(term))
        yield table
    lifetimes, same = wording.changed_lifetimes(workload.lifetimes)
    if lifetimes:
        table = table_of("lives", "before", "after", "")
        for row in wording.lifetimes(lifetimes):
            table.add_row(*map(seen, row))
        yield table
    if same:
        credentials = (f"{one} {after}" for one, _, after, _ in wording.lifetimes(same))
        yield Text(f"Live as long as before: {seen('; '.join(credentials))}.", style="dim")


def _line(line: Line) -> Iterator[Text]:
    yield _sign(line.direction)
    yield Text(", ".join(line.capabilities))
    where = Text(seen(line.paths), style="bold")
    where.append(f"\nbesides {seen(joined(line.besides))}" if line.besides else "", "not bold")
    where.append(f"\n{seen(line.only_if)}" if line.only_if else "", "not bold yellow")
    yield where
    yield Text("\n".join(map(seen, line.witnesses)), style="cyan")
    yield Text(f"{seen(line.rule)}\ninstead of {seen(line.before)}")


def _term(term: TermChange) -> Iterator[Text]:
    yield _sign(term.direction)
    yield Text(f"{seen(term.term)}\n{seen(term.role)}")
    for side in (term.before, term.after):
        yield Text("\n".join(map(seen, side.splitlines())) or "none")


def _sign(direction: Direction) -> Text:
    return Text(f"{wording.SIGN[direction]} {direction}", style=_SIDES[direction])


def table_of(*headings: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    for heading in headings:
        table.add_column(heading, overflow="fold", no_wrap=not heading)
    return table


def _compared(review: Review) -> str:
    amounts = [f"{one.unchanged} in {one.environment}" for one in review.environments]
    unchanged = f"Workloads that did not change: {joined(amounts)}. " if amounts else ""
    return f"{unchanged}Compared: {seen(review.base)} with {seen(review.head)}."
