"""A comparison as one HTML file, with the review's macros and style: it refers to nothing outside
itself and runs no script.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from attest.differences import Fate
from attest.output import wording
from attest.report import Report, Status
from policies import texts
from policies.review.difference import Direction
from policies.review.output import wording as of_review
from policies.review.output.page import MOST_DETAILS, panels_of, templates
from policies.review.output.picture import LETTERS

# The colours of the page's first lines are the review's: nothing, something, something grave.
_TONES: Final = {Status.SAME: 0, Status.INCOMPLETE: 1, Status.DIFFERS: 2}
_TEMPLATE: Final = templates(Path(__file__).parent).get_template("attest.html.jinja")


def render(report: Report) -> str:
    """The page."""
    access = report.access
    changed = of_review.workloads(access.review)
    return _TEMPLATE.render(
        report=report,
        say=wording,
        fates=[(fate, report.of(fate)) for fate in Fate if report.of(fate)],
        tone=_TONES[report.status],
        same=report.status is Status.SAME,
        findings=of_review.findings(access.review),
        details=changed[:MOST_DETAILS],
        panels=list(panels_of(access.review, access.declared, access.live)) if changed else [],
        most=MOST_DETAILS,
        letters=LETTERS,
        gained=Direction.GAINED,
        texts=texts,
        wording=of_review,
    )
