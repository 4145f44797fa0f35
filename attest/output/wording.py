"""What every output says alike. Plain text; each output escapes it in its own way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from attest.differences import Difference, Fate
from attest.identities import Holders
from attest.report import Report, Status
from attest.usage import Usage
from policies.texts import counted, joined

SIGN: Final = {Fate.MISSING: "\N{MINUS SIGN}", Fate.DIFFERENT: "\N{PLUS-MINUS SIGN}"} | {
    Fate.UNDECLARED: "+"
}
"""A difference's shape, beside its word and its colour."""
_MEANS: Final = {
    Fate.MISSING: "declared, and not in Vault",
    Fate.DIFFERENT: "not as declared",
    Fate.UNDECLARED: "in Vault, and nobody declared it",
}


def headline(report: Report) -> str:
    """The first line of every output: whether the two are alike, else how many differences of
    which kind.
    """
    where = f"{report.environment.value}: "
    match report.status:
        case Status.SAME:
            return f"{where}Vault is what the matrix says"
        case Status.INCOMPLETE:
            return f"{where}What could be read is what the matrix says"
        case _:
            amounts = (
                counted(len(report.of(fate)), fate.value, fate.value)
                for fate in Fate
                if report.of(fate)
            )
            return f"{where}Vault is not what the matrix says: {', '.join(amounts)}"


def verdict(report: Report) -> str:
    """One sentence on how sure that is."""
    compared = f"{report.objects} things were compared, and nothing was changed"
    if not report.unread:
        return f"{compared}."
    return f"{compared}. {counted(len(report.unread), 'path', 'paths')} could not be read."


def source(report: Report) -> str:
    """What was compared, and when."""
    when = report.read_at.strftime("%Y-%m-%d %H:%M UTC")
    return f"Vault {report.version} at {report.address}, {when}, {report.requests} requests."


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; of a difference's further lines only what differs is there."""

    fate: Fate
    sign: str
    kind: str
    name: str
    path: str
    what: str
    declared: str
    live: str


def title(fate: Fate) -> str:
    return f"{fate.value.capitalize()}: {_MEANS[fate]}"


def rows(difference: Difference) -> Iterator[Row]:
    """One for each detail; one where there is none."""
    one, sign = difference, SIGN[difference.fate]
    if not one.details:
        yield Row(one.fate, sign, one.kind.title, one.name, one.path, "", "", "")
    for number, detail in enumerate(one.details):
        kind, name = (one.kind.title, one.name) if number == 0 else ("", "")
        yield Row(one.fate, sign, kind, name, one.path, detail.what, detail.declared, detail.live)


def carried(report: Report) -> tuple[Holders, ...]:
    """ACL policies that some token has, those that nobody declared first, then by number."""
    there = (one for one in report.holders if one.tokens)
    return tuple(sorted(there, key=lambda one: (one.declared, -one.tokens, one.policy)))


def span(usage: Usage) -> str:
    """How much the log says."""
    if usage.first is None or usage.last is None:
        return f"{joined(usage.files)} has no entry."
    times = (one.strftime("%Y-%m-%d %H:%M") for one in (usage.first, usage.last))
    entries = counted(usage.entries, "access that was allowed", "accesses that were allowed")
    used = counted(usage.used, "rule was", "rules were") or "No rule was"
    return (
        f"{joined(usage.files)}: {entries or 'no access that was allowed'}, from "
        f"{' to '.join(times)} UTC. {used} used. What was needed before, the log does not say."
    )
