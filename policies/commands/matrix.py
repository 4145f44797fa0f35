"""Workloads by resources, as a table: what each may do where, by Vault's own decision.

    python -m policies matrix --env prod
    python -m policies matrix --format markdown > matrix.md
    python -m policies matrix --ref v1.4 --format html > matrix.html

One table for each application, and one for the people: a column for each workload, a line for each
path that a rule of theirs is about. LIST is asked for with a last slash, as Vault's API does. JSON
has, beside these, every path that the plan issues something at; HTML is the picture of a review.

It says nothing of who may log in: `explain` does.

Exit status: 0 answered; 3 an error.
"""

from __future__ import annotations

import importlib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from policies.acl import Pattern
from policies.commands import arguments, screen
from policies.commands.errors import CommandError
from policies.commands.plans import REFUSALS as OF_PLANS
from policies.commands.plans import Plans, plans
from policies.commands.words import seen
from policies.review.columns import Column
from policies.review.compare import compare
from policies.review.grid import Cell, Extent, Grid, Mark, Row, grid
from policies.review.limits import unwritten
from policies.review.output.markdown import code, prose
from policies.review.output.picture import LETTERS
from policies.review.snapshot import Snapshot, Workload

REFUSALS: Final = OF_PLANS
_ASKED: Final = "?"
_NOBODYS: Final = "of no application"


def add_arguments(parser: ArgumentParser) -> None:
    arguments.add_plan(parser, formats=FORMATS)


def run(options: Namespace) -> int:
    FORMATS[options.format](plans(options.ref, options.env))
    return 0


@dataclass(frozen=True, slots=True)
class _Panel:
    """One application, or the people: every path that a rule of its workloads is about."""

    title: str
    labels: tuple[str, ...]
    rows: tuple[tuple[Column, tuple[str, ...]], ...]
    """For each workload the letters; empty where it may do nothing."""


@dataclass(frozen=True, slots=True)
class _Application:
    """Or the people, or roles of no application. Each has a grid of its own: one of all would have
    as many cells as workloads times rules.
    """

    name: str
    team: str
    members: tuple[Workload, ...]
    grid: Grid

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(row for application in self.grid.applications for row in application.rows)


def _applications(snapshot: Snapshot) -> Iterator[_Application]:
    by_owner = dict[str, list[Workload]]()
    for one in snapshot.workloads.values():
        by_owner.setdefault(one.owner.name if one.owner else _NOBODYS, []).append(one)
    for name, members in by_owner.items():
        owner = members[0].owner
        theirs = grid(snapshot, snapshot, [one.label for one in members])
        yield _Application(name, owner.team if owner else "", tuple(members), theirs)


def _panels(snapshot: Snapshot) -> Iterator[_Panel]:
    for one in _applications(snapshot):
        written = set(_paths(snapshot, one.members))
        rows = tuple(
            (column, tuple(_letters(row.cells[place]) for row in one.rows))
            for place, column in enumerate(one.grid.columns)
            # What is granted is so by a rule, and each rule has a line of its own.
            if column.path in written
        )
        title = f"{one.name}, of {one.team}" if one.team else one.name
        labels = tuple(row.label.removeprefix(f"{one.name}/") for row in one.rows)
        yield _Panel(title, labels, rows)


def _paths(snapshot: Snapshot, members: Iterable[Workload]) -> Iterator[str]:
    for one in members:
        for policy in one.token.policies:
            for stanza in snapshot.stanzas(policy):
                yield Pattern.of(stanza.path).text


def _letters(cell: Cell) -> str:
    return "".join(map(_letter, cell))


def _letter(mark: Mark) -> str:
    """As the picture of a review has them."""
    letter = LETTERS[mark.capability]
    if mark.after is Extent.SOME:
        letter = letter.lower()
    return letter + (_ASKED if mark.conditions else "")


def _legend(panels: Iterable[_Panel]) -> str:
    used = {letter for one in panels for _, cells in one.rows for cell in cells for letter in cell}
    words = [f"{letter} {one}" for one, letter in LETTERS.items() if letter in used]
    small = [letter.lower() for letter in LETTERS.values() if letter.lower() in used]
    words += [f"{'/'.join(small)} the same, at some of the paths only"] if small else []
    words += [f"{_ASKED} if the request brings what the rule asks for"] if _ASKED in used else []
    return ", ".join(words)


# --- how it is shown -----------------------------------------------------------------------------


def _text(asked: Plans) -> None:
    for environment, snapshot in asked.items():
        panels = list(_panels(snapshot))
        for panel in panels:
            print(seen(f"{environment.value}: {panel.title}\n"))
            by_section = groupby(panel.rows, key=lambda row: row[0].section)
            groups = ([[row[0].path, *row[1]] for row in rows] for _, rows in by_section)
            screen.table(("path", *panel.labels), groups)
            print()
        print(f"{_legend(panels)}\n")


def _markdown(asked: Plans) -> None:
    for environment, snapshot in asked.items():
        panels = list(_panels(snapshot))
        print(f"## {environment.value}\n")
        for panel in panels:
            print(f"### {prose(panel.title)}\n")
            print(_line(["path", *map(code, panel.labels)]))
            print(_line(["---"] * (len(panel.labels) + 1)))
            for column, cells in panel.rows:
                print(_line([code(column.path), *cells]))
            print()
        print(f"{_legend(panels)}\n")


def _line(cells: Iterable[str]) -> str:
    """Even in a code span a pipe would end the cell."""
    escaped = (cell.replace("|", r"\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def _json(asked: Plans) -> None:
    screen.as_json(
        {"environments": [_document(environment, one) for environment, one in asked.items()]}
    )


def _html(asked: Plans) -> None:
    """The picture that a review draws, of a change that changes nothing."""
    page = importlib.import_module("policies.review.output.page")  # its templates take time
    crowded = [
        one.value for one, snapshot in asked.items() if len(snapshot.workloads) > page.MOST_ROWS
    ]
    if crowded:
        raise CommandError(
            f"--format html: {', '.join(crowded)} has more than {page.MOST_ROWS} workloads, too "
            "many for one picture; use markdown or json"
        )
    side = next(iter(asked.values())).side
    review = compare(asked, asked, base_name=side, head_name=side, limits=unwritten())
    print(page.render(review, asked, asked), end="")


def _document(environment: str, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "environment": str(environment),
        "workloads": [
            {
                "workload": row.label,
                "application": one.name if one.members[0].owner else "",
                "team": one.team,
                "paths": [
                    {
                        "path": column.path,
                        "section": column.section.value,
                        "capabilities": list(map(_capability, cell)),
                    }
                    for column, cell in zip(one.grid.columns, row.cells, strict=True)
                    if cell
                ],
            }
            for one in _applications(snapshot)
            for row in one.rows
        ],
    }


def _capability(mark: Mark) -> dict[str, str]:
    return {
        "capability": mark.capability.value,
        "extent": mark.after.value,
        "conditions": mark.conditions,
    }


FORMATS: Final[Mapping[str, Callable[[Plans], None]]] = {
    "text": _text,
    "markdown": _markdown,
    "json": _json,
    "html": _html,
}
