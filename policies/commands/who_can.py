"""Every workload whose ACL allows something at a path, by Vault's own decision.

    python -m policies who-can secret/data/media-catalog/api
    python -m policies who-can database/creds/kubesentiment-readwrite read --env prod
    python -m policies who-can 'secret/data/*' read
    python -m policies who-can '*' sudo --format json

PATH is one path, or a pattern as in an ACL policy: then a row says what one rule allows somewhere
within it, with a path to try. LIST is asked for with a last slash, as Vault's API does; a
root-protected path counts only with sudo. Not asked are the provisioner, which the program itself
logs in as, and a root token, which may do everything.

Exit status: 0 answered, be it with nobody; 3 an error.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from policies.acl import Pattern
from policies.acl.patterns import Kind
from policies.commands import arguments, screen, words
from policies.commands.plans import REFUSALS as OF_PLANS
from policies.commands.plans import Asked, everyone, plans
from policies.commands.reach import Reach, reaches, served
from policies.hcl import Capability

REFUSALS: Final = OF_PLANS


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="such as secret/data/x, or 'secret/data/*'")
    parser.add_argument(
        "capability",
        metavar="CAPABILITY",
        nargs="?",
        type=arguments.capability,
        help=f"only who has this one ({', '.join(arguments.CAPABILITIES)})",
    )
    arguments.add_plan(parser)


@dataclass(frozen=True, slots=True)
class _Answer:
    who: Asked
    reach: Reach


def run(options: Namespace) -> int:
    pattern = served(options.path)
    asked = everyone(plans(options.ref, options.env))
    answers = tuple(_answers(asked, pattern, options.capability))
    unsure = {
        f"{one.environment}, {one.workload.label}": one.not_known for one in asked if one.not_known
    }
    if options.format == "json":
        screen.as_json(_document(answers, pattern, unsure))
        return 0
    if answers:
        _print(answers, pattern)
    else:
        print(words.seen(f"nobody may{_what(options.capability)} at {pattern}"))
    for who, reasons in unsure.items():
        for reason in reasons:
            print(words.seen(f"Not weighed: {who}: {reason}"))
    return 0


def _answers(
    asked: Iterable[Asked], pattern: Pattern, capability: Capability | None
) -> Iterator[_Answer]:
    for one in asked:
        for reach in reaches(one.acl, pattern):
            if capability is None or capability in reach.capabilities:
                yield _Answer(one, reach)


def _what(capability: Capability | None) -> str:
    return f" {capability}" if capability else " do anything"


def _print(answers: Iterable[_Answer], pattern: Pattern) -> None:
    one_path = pattern.kind is Kind.EXACT
    headings = ["in", "workload", "may", "by the rule"]
    headings += [] if one_path else ["such as at"]
    conditions = any(answer.reach.conditions for answer in answers)
    headings += ["only", "logs in by"] if conditions else ["logs in by"]

    def row(answer: _Answer) -> list[str]:
        who, reach = answer.who, answer.reach
        cells = [
            who.environment.value,
            who.workload.label,
            words.listed(reach.capabilities),
            str(reach.rule.pattern),
        ]
        cells += [] if one_path else [reach.example]
        cells += [reach.conditions] if conditions else []
        return [*cells, words.login(who.workload.role)]

    by_environment = groupby(answers, key=lambda answer: answer.who.environment)
    screen.table(headings, ([row(answer) for answer in group] for _, group in by_environment))


def _document(
    answers: Iterable[_Answer], pattern: Pattern, unsure: Mapping[str, Iterable[str]]
) -> dict[str, Any]:
    return {
        "path": pattern.text,
        "answers": [
            {
                "environment": answer.who.environment.value,
                "workload": answer.who.workload.label,
                "role": answer.who.workload.role.name,
                "login": words.login(answer.who.workload.role),
                "capabilities": sorted(answer.reach.capabilities),
                "rule": answer.reach.rule.pattern.text,
                "grants": [source.stanza.comment for source in answer.reach.rule.sources],
                "conditions": answer.reach.conditions,
                "witness": answer.reach.witness,
                "list_witness": answer.reach.folder,
            }
            for answer in answers
        ],
        "not_weighed": {who: list(reasons) for who, reasons in unsure.items()},
    }
