"""A comparison as Markdown, for an issue or a file. Names are Vault's, so that nothing of them is
taken as Markdown: they stand in code spans, as in the review's. What is too long is left out, and
counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from attest.differences import Fate
from attest.output import wording
from attest.report import Report
from policies.review.output import wording as of_review
from policies.review.output.markdown import (
    MOST_CHARACTERS,
    code,
    finding_of,
    fitting,
    prose,
    table_of,
    workload_of,
)
from policies.texts import clipped, counted

_MOST_OF_A_VALUE: Final = 400
_FOR_THE_END: Final = 4_000


def render(report: Report, most: int = MOST_CHARACTERS) -> str:
    """At most `most` characters."""
    page = f"**{wording.headline(report)}**\n\n{wording.verdict(report)}\n"
    end = f"\n{prose(wording.source(report))}\n"
    room = most - len(page) - len(end) - _FOR_THE_END
    parts = list(_parts(report))
    kept = fitting(parts, room)
    page += "".join(kept)
    if left := len(parts) - len(kept):
        parted = counted(left, "part is", "parts are")
        page += f"\n_{parted} left out, for there is no more room; the JSON has all._\n"
    return page + end


def _parts(report: Report) -> Iterator[str]:
    yield from _unread(report)
    yield from _differences(report)
    yield from _access(report)
    yield from _holders(report)
    yield from _usage(report)
    for note in report.notes:
        yield f"\n> {prose(note)}\n"


def _unread(report: Report) -> Iterator[str]:
    if report.unread:
        rows = [(code(one.path), one.operation, prose(one.reason)) for one in report.unread]
        table = table_of(("path", "operation", "why"), rows)
        yield f"\n### Not read: nothing is known of what is there\n\n{table}\n"


def _differences(report: Report) -> Iterator[str]:
    for fate in Fate:
        rows = [
            (
                f"**{row.sign}**" if row.kind else "",
                row.kind,
                code(row.path) if row.name else "",
                prose(row.what),
                _text(row.declared),
                _text(row.live),
            )
            for one in report.of(fate)
            for row in wording.rows(one)
        ]
        if rows:
            table = table_of(("", "what", "path", "of it", "declared", "in Vault"), rows)
            yield f"\n### {wording.title(fate)}\n\n{table}\n"


def _text(text: str) -> str:
    """Line by line."""
    lines = clipped(text, _MOST_OF_A_VALUE).splitlines()
    return "<br>".join(code(line) for line in lines if line.strip())


def _access(report: Report) -> Iterator[str]:
    review = report.access.review
    findings, changed = of_review.findings(review), of_review.workloads(review)
    if findings or changed:
        yield "\n### What workloads have in Vault, beside what the matrix gives them\n\n"
    yield from map(finding_of, findings)
    yield from map(workload_of, changed)


def _holders(report: Report) -> Iterator[str]:
    if carried := wording.carried(report):
        rows = [
            (code(one.policy), str(one.tokens), "" if one.declared else "**nobody declared it**")
            for one in carried
        ]
        table = table_of(("ACL policy", "tokens", ""), rows)
        yield f"\n<details><summary>Tokens by ACL policy</summary>\n\n{table}\n\n</details>\n"


def _usage(report: Report) -> Iterator[str]:
    usage = report.usage
    if usage is None:
        return
    yield (
        f"\n### Grants that the audit log does not show in use\n\n{prose(wording.span(usage))}\n"
    )
    rows = [
        (code(one.workload), prose(one.grant), code(one.path), ", ".join(one.capabilities))
        for one in usage.unused
    ]
    if rows:
        yield f"\n{table_of(('workload', 'grant', 'path', 'may'), rows)}\n"
    for one in usage.foreign:
        yield (
            f"\n- {one.entries} allowed by {code(one.policy)}, which the matrix lacks, such as "
            f"{code(one.path)}\n"
        )
