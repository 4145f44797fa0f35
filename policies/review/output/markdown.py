"""A review as the comment that a pull request gets: what matters first, details folded.

Names and paths come from the pull request itself, so nothing of them is taken as Markdown or HTML:
they stand in code spans, which GitHub looks for no mention, link or picture in, and of which what
could end or disguise one is written as an escape. What is too long is left out and counted: first
details, then mild findings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from policies import texts
from policies.environments import Environment
from policies.review.difference import Direction
from policies.review.model import Review, TermChange, Verdict, WorkloadReview
from policies.review.output import wording
from policies.review.output.wording import Changed, Line, Told
from policies.texts import clipped, joined, some

MOST_CHARACTERS: Final = 60_000
"""GitHub takes 65,536; the rest is for what CI writes around it."""
_FOR_REASONS: Final = 1 / 6
_FOR_FINDINGS: Final = 2 / 3
_FOR_SENTENCES: Final = 4_000
"""What the sentences of what was left out may take."""
_MOST_OF_A_NAME: Final = 100


def render(review: Review, most: int = MOST_CHARACTERS) -> str:
    """At most `most` characters."""
    end = _unchanged(review)
    page, room = _first(review, int(most * _FOR_REASONS)), most - len(end) - _FOR_SENTENCES
    if findings := wording.findings(review):
        kept = fitting(map(finding_of, findings), int((room - len(page)) * _FOR_FINDINGS))
        page += "\n### Findings\n\n" + "".join(kept)
        if left := len(findings) - len(kept):
            mild = texts.counted(left, "finding", "findings")
            page += f"\n_{mild}, none graver than these, left out: a comment has no more room._\n"
    if changed := wording.workloads(review):
        page += "\n### Details\n"
        kept = fitting(map(workload_of, changed), room - len(page))
        page += "".join(kept)
        page += _left_out(changed[len(kept) :]) if len(kept) < len(changed) else ""
    return f"{page}\n{end}"


def fitting(texts: Iterable[str], room: int) -> list[str]:
    """The first ones, as many as fit."""
    kept = list[str]()
    for text in texts:
        room -= len(text)
        if room < 0:
            break
        kept.append(text)
    return kept


def _first(review: Review, room: int) -> str:
    first = f"**{wording.headline(review)}**\n\n"
    if review.verdict is not Verdict.NEEDS_APPROVAL:
        return f"{first}{wording.verdict(review)}\n"
    teams = some([_name(team) for team in review.approvers]) or "a person who may approve"
    if not review.over_limit:
        return f"{first}**Needs the approval of {teams}**.\n"
    kept = fitting((f"- {prose(sentence)}\n" for sentence in review.over_limit), room)
    left = texts.counted(len(review.over_limit) - len(kept), "more reason", "more reasons")
    return f"{first}**Needs the approval of {teams}**, because\n\n{''.join(kept)}" + (
        f"- {left}\n" if left else ""
    )


def finding_of(told: Told) -> str:
    """A list's item."""
    finding = told.finding
    whom = f", {code(told.label)}" if told.names_whom else ""
    where = joined(told.environments)
    text = f"- **{told.severity}** in {where}{whom}: {prose(finding.title)}\n"
    for number, reason in enumerate(finding.reasons[: texts.MOST_REASONS], 1):
        text += f"  {number}. {prose(reason)}\n"
    if (left := len(finding.reasons) - texts.MOST_REASONS) > 0:
        text += f"  - and {left} more, which the JSON has\n"
    if finding.witness:
        text += f"  - to ask Vault about: {code(finding.witness)}\n"
    if finding.approvers:
        text += f"  - to be approved by {some([_name(team) for team in finding.approvers])}\n"
    return text


def workload_of(changed: Changed) -> str:
    """Folded, with its tables."""
    workload = changed.workload
    team = f", of {_html(workload.team)}" if workload.team else ""
    where = joined(changed.environments)
    title = f"<b>{_html(workload.label)}</b>{team}, in {where}: {changed.title}"
    parts = [
        f"\n<details><summary>{title}</summary>",
        *_access(workload),
        *_terms(workload.terms),
        *_lifetimes(workload),
        "</details>\n",
    ]
    return "\n\n".join(parts)


def _access(workload: WorkloadReview) -> Iterator[str]:
    lines = wording.lines(workload.access)
    for direction, may, by, instead in (
        (Direction.GAINED, "may", "by the rule", "which was decided by"),
        (Direction.LOST, "may no longer", "was by the rule", "is decided by"),
    ):
        if rows := [_line(line) for line in lines if line.direction is direction]:
            yield table_of(("", may, "on", "ask Vault about", by, instead), rows)


def _line(line: Line) -> Sequence[str]:
    where = code(line.paths)
    where += f", besides {some(list(map(code, line.besides)))}" if line.besides else ""
    where += f"; {prose(line.only_if)}" if line.only_if else ""
    return (
        f"**{wording.SIGN[line.direction]}**",
        ", ".join(line.capabilities),
        where,
        some([_same(witness, line) for witness in line.witnesses]),
        _same(line.rule, line),
        some([code(rule) if rule else "no rule" for rule in line.instead_of]),
    )


def _same(path: str, line: Line) -> str:
    return "itself" if path == line.paths else code(path)


def _terms(terms: Sequence[TermChange]) -> Iterator[str]:
    if terms:
        yield table_of(
            ("", "term", "of", "before", "after"),
            (
                (_sign(term.direction), prose(term.term), code(term.role), *_sides(term))
                for term in terms
            ),
        )


def _sides(term: TermChange) -> tuple[str, str]:
    return _text(term.before), _text(term.after)


def _text(text: str) -> str:
    """Line by line, so that SQL can be read."""
    return "<br>".join(code(line) for line in text.splitlines() if line.strip()) or "none"


def _lifetimes(workload: WorkloadReview) -> Iterator[str]:
    changed, same = wording.changed_lifetimes(workload.lifetimes)
    if changed:
        yield table_of(
            ("lives", "before", "after", ""),
            (
                (code(credential), prose(before), prose(after), trend)
                for credential, before, after, trend in wording.lifetimes(changed)
            ),
        )
    if same:
        credentials = (
            f"{code(credential)} {prose(after)}"
            for credential, _, after, _ in wording.lifetimes(same)
        )
        yield f"Live as long as before: {'; '.join(credentials)}."


def _left_out(changed: Sequence[Changed]) -> str:
    details = texts.counted(len(changed), "more workload", "more workloads")
    named = [f"{_name(one.workload.label)} ({joined(one.environments)})" for one in changed]
    return (
        f"\n_The details of {details} are left out, for a comment has no more room:_ "
        f"{some(named)}. _They are in the page, and in_ "
        f"`python -m policies review`.\n"
    )


def _unchanged(review: Review) -> str:
    by_number = dict[int, list[Environment]]()
    for one in review.environments:
        by_number.setdefault(one.unchanged, []).append(one.environment)
    amounts = [
        f"{texts.counted(number, 'workload', 'workloads') or 'no workload'} in {joined(where)}"
        for number, where in by_number.items()
    ]
    unchanged = f"Unchanged: {', '.join(amounts)}. " if amounts else ""
    return f"{unchanged}Compared: {_name(review.base)} with {_name(review.head)}.\n"


def _sign(direction: Direction) -> str:
    return f"**{wording.SIGN[direction]}** {direction.value}"


def table_of(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Even in a code span a pipe would end the cell; a backslash never stands before one here."""
    lines = [headings, ["---"] * len(headings)]
    lines += [[cell.replace("|", r"\|") for cell in row] for row in rows]
    most = texts.MOST_LINES + 2
    left = texts.counted(len(lines) - most, "more line", "more lines") if lines[most:] else ""
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines[:most])
    return f"{table}\n\n_{left}, which the JSON has._" if left else table


def code(text: str) -> str:
    """A code span that holds exactly this text, and cannot be left by it. What could end it, and
    what is not seen, or not as what it is, becomes an escape such as `\\x60`.
    """
    shown = "".join(map(_shown, clipped(text)))
    if shown != shown.strip() or not shown:
        shown = "".join(rf"\x{ord(one):02x}" if one == " " else one for one in shown) or '""'
    return f"`{shown}`"


def _name(text: str) -> str:
    """A name among many: those of Vault and of git are shorter than what is shown here."""
    return code(clipped(text, _MOST_OF_A_NAME))


def _shown(character: str) -> str:
    if character in "`\\" or not character.isprintable():
        number = ord(character)
        return rf"\x{number:02x}" if number < 0x100 else rf"\u{{{number:x}}}"
    return character


def prose(text: str) -> str:
    """A sentence: plain words as they are, and whatever else is in it as code."""
    words = texts.words(clipped(text))
    return " ".join(f"{before}{code(word) if word else ''}{after}" for before, word, after in words)


def _html(text: str) -> str:
    """Code within a tag, where Markdown is read too: every character that could mean something to
    either is written as a number.
    """
    shown = "".join(map(_shown, clipped(text)))
    safe = (one if one.isalnum() or one in " -/" else f"&#{ord(one)};" for one in shown)
    return f"<code>{''.join(safe)}</code>"
