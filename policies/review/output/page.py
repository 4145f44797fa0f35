"""A review as one HTML file: the summary, the matrix as a picture, and the details.

It refers to nothing outside itself and runs no script, by its own Content-Security-Policy too, so
that it can be kept with a release and opened anywhere. It is readable in print, in the dark, by
people who see no colours, and by screen readers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment as Templates
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from policies import texts
from policies.environments import Environment
from policies.review.difference import Direction
from policies.review.grid import chosen, grid
from policies.review.model import EnvironmentReview, Review, Verdict
from policies.review.output import wording
from policies.review.output.picture import LETTERS, Table, tables
from policies.review.snapshot import Snapshot, empty

MOST_ROWS: Final = 60
"""Workloads in one environment's picture."""
OPEN_FINDINGS: Final = 20
"""The others are folded, so that the picture is not far."""
MOST_DETAILS: Final = 200
"""Workloads whose details are written out, and findings."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One environment's picture: of all workloads, or of those that are not left out."""

    review: EnvironmentReview
    tables: tuple[Table, ...]
    left_out: int

    @property
    def changes(self) -> bool:
        return bool(self.review.workloads or self.review.findings)


def render(
    review: Review,
    base: Mapping[Environment, Snapshot],
    head: Mapping[Environment, Snapshot],
) -> str:
    """The page. `base` and `head` are what was reviewed.

    Raises `SnapshotError` where an ACL policy is none that Vault takes.
    """
    changed = wording.workloads(review)
    return _TEMPLATE.render(
        review=review,
        panels=list(panels_of(review, base, head)),
        details=changed[:MOST_DETAILS],
        details_left_out=max(0, len(changed) - MOST_DETAILS),
        first=OPEN_FINDINGS,
        most=MOST_DETAILS,
        needs_approval=review.verdict is Verdict.NEEDS_APPROVAL,
        letters=LETTERS,
        gained=Direction.GAINED,
        texts=texts,
        wording=wording,
    )


def panels_of(
    review: Review,
    base: Mapping[Environment, Snapshot],
    head: Mapping[Environment, Snapshot],
) -> Iterator[Panel]:
    """Each environment's picture."""
    gravest = [changed.workload.label for changed in wording.workloads(review)]
    for one in review.environments:
        sides = (
            base.get(one.environment) or empty(one.environment, review.base),
            head.get(one.environment) or empty(one.environment, review.head),
        )
        theirs = {workload.label for workload in one.workloads}
        labels = [label for label in dict.fromkeys(gravest) if label in theirs]
        shown, left_out = _tables(*sides, labels)
        yield Panel(one, shown, left_out)


def _tables(
    base: Snapshot, head: Snapshot, changed: Sequence[str]
) -> tuple[tuple[Table, ...], int]:
    """All in one where they are few; else for each application its own, so that a table has only
    the columns that its application reaches.
    """
    marked = frozenset(changed)
    if len(base.workloads.keys() | head.workloads.keys()) <= MOST_ROWS:
        return tuple(tables(grid(base, head), marked)), 0
    choice = chosen(base, head, changed, MOST_ROWS)
    grids = (grid(base, head, labels) for labels in choice.panels)
    return tuple(table for one in grids for table in tables(one, marked)), choice.left_out


def _seen(value: Any) -> Any:
    """What is not seen, or not as what it is, as an escape: names come from a pull request."""
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(
        one if one.isprintable() or one == "\n" else one.encode("unicode_escape").decode()
        for one in value
    )


def _path(text: str) -> Markup:
    """A path that can be broken after its slashes."""
    parts = texts.clipped(text).split("/")
    return Markup("/<wbr>").join(escape(_seen(part)) for part in parts)


def _prose(text: str) -> Markup:
    """A sentence, with its paths and names as code."""
    words = (
        escape(_seen(before))
        + (Markup("<code>{}</code>").format(_path(word)) if word else "")
        + escape(after)
        for before, word, after in texts.words(texts.clipped(text))
    )
    return Markup(" ").join(words)


def templates(*folders: Path) -> Templates:
    """Those of a report's own folders, before what every page has: macros and style."""
    made = Templates(
        loader=FileSystemLoader([*folders, Path(__file__).parent]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_seen,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "path": _path,
        "prose": _prose,
        "joined": texts.joined,
        "counted": texts.counted,
        "clipped": texts.clipped,
        "some": texts.some,
    }
    return made


_TEMPLATE: Final = templates().get_template("page.html.jinja")
