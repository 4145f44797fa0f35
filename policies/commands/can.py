"""Whether a workload may do something at a path, which rule decides, and why the others lost.

    python -m policies can kubesentiment/api read secret/data/kubesentiment/config
    python -m policies can people/auditors list secret/metadata --env prod
    python -m policies can people/operators update auth/approle/role/kubesentiment-ci/secret-id \\
        --wrap-ttl 5m --data ttl=1h

WORKLOAD is application/workload, or the name of its auth role. The answer is Vault's: what is
root-protected, parameters (--data) and wrapping (--wrap-ttl) count. LIST is asked for with a last
slash, as Vault's API does. Without --env each environment is asked.

Exit status: 0 yes, in each environment that was asked; 1 no, in at least one; 3 an error.
"""

from __future__ import annotations

import dataclasses
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from policies.acl import Operation, Request, Rule
from policies.acl.patterns import Kind
from policies.acl.protected import is_protected
from policies.commands import arguments, words
from policies.commands.errors import CommandError
from policies.commands.plans import REFUSALS as OF_PLANS
from policies.commands.plans import Asked, plans, workload
from policies.commands.reach import WRITES, listed_as, served
from policies.environments import Environment
from policies.hcl import Capability, Stanza, render
from policies.paths import PROTECTED_MOUNTS
from policies.review.conditions import conditions_of
from policies.why import Considered, Outcome, considered

REFUSALS: Final = OF_PLANS


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("workload", metavar="WORKLOAD", help="such as kubesentiment/api")
    parser.add_argument(
        "capability",
        metavar="CAPABILITY",
        type=arguments.capability,
        help=", ".join(arguments.CAPABILITIES),
    )
    parser.add_argument("path", metavar="PATH", help="one path, such as secret/data/x")
    parser.add_argument(
        "--data",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a field of the request, or a JSON object of fields; may be repeated",
    )
    parser.add_argument(
        "--wrap-ttl",
        metavar="TTL",
        type=arguments.seconds,
        help="that the answer's wrapping is asked for, such as 5m; by default it is not",
    )
    arguments.add_plan(parser)


@dataclass(frozen=True, slots=True)
class _Answer:
    """In one environment. `asked`: nobody where there is no such workload there."""

    environment: Environment
    asked: Asked | None
    allowed: bool
    reason: str
    rules: tuple[Considered, ...] = ()
    not_known: tuple[str, ...] = ()

    @property
    def deciding(self) -> Rule | None:
        return next((one.rule for one in self.rules if one.outcome is Outcome.DECIDES), None)

    @property
    def others(self) -> tuple[Considered, ...]:
        return tuple(one for one in self.rules if one.outcome is not Outcome.DECIDES)


def run(options: Namespace) -> int:
    request = _request(options)
    asked = plans(options.ref, options.env)
    by_environment = {one.environment: one for one in workload(asked, options.workload)}
    answers = [
        _answer(environment, by_environment.get(environment), request) for environment in asked
    ]
    if options.format == "json":
        print(json.dumps(_document(options.workload, request, answers), indent=2))
    else:
        print(words.seen("\n\n".join(_grouped(request, answers))))
    return 0 if all(answer.allowed for answer in answers) else 1


def _request(options: Namespace) -> Request:
    pattern = served(options.path)
    if pattern.kind is not Kind.EXACT:
        raise CommandError(
            f"path {options.path!r}: must be one path, and is a pattern; name a path within it, or "
            f"ask: python -m policies who-can {options.path!r} {options.capability}"
        )
    listing = options.capability is Capability.LIST
    return Request(
        Operation(options.capability.value),
        listed_as(pattern.text) if listing else pattern.text,
        arguments.parameters(options.data),
        options.wrap_ttl,
    )


def _answer(environment: Environment, asked: Asked | None, request: Request) -> _Answer:
    if asked is None:
        return _Answer(environment, None, allowed=False, reason="there is no such workload")
    acl = asked.acl
    decision = acl.decide(request, PROTECTED_MOUNTS)
    rules = considered(acl, request.path, listing=request.operation is Operation.LIST)
    allowed, reason = decision.allowed, decision.reason
    if allowed and request.path.endswith("/") and request.operation.value in WRITES:
        allowed = False
        reason = "Vault refuses to write to a path that ends in a slash, whatever a rule says"
    return _Answer(environment, asked, allowed, reason, rules, asked.not_known)


# --- in words ------------------------------------------------------------------------------------


def _grouped(request: Request, answers: Iterable[_Answer]) -> Iterator[str]:
    """Environments with one answer are told together."""
    by_text = dict[str, list[_Answer]]()
    for answer in answers:
        by_text.setdefault("\n".join(_told(request, answer)), []).append(answer)
    for text, same in by_text.items():
        where = ", ".join(answer.environment.value for answer in same)
        policies = dict.fromkeys(name for answer in same for name in _policies(answer))
        of = f"\nACL policies: {', '.join(policies)}" if policies else ""
        yield f"{where}: {text}{of}"


def _told(request: Request, answer: _Answer) -> Iterator[str]:
    yield f"{'yes' if answer.allowed else 'no'}, {answer.reason}"
    if request.operation is Operation.LIST:
        yield f"Asked as LIST of {request.path}"
    if is_protected(request.path, PROTECTED_MOUNTS):
        yield f"{request.path} is root-protected: it takes sudo besides"
    if deciding := answer.deciding:
        yield from _decided(deciding)
    if matching := [one for one in answer.others if one.outcome is Outcome.OUTRANKED]:
        yield "\nOther rules that match, and were outranked:"
        yield from _lines(matching)
    rest = [one for one in answer.others if one.outcome is Outcome.NO_MATCH]
    if near := [one for one in rest if one.matched]:
        yield "\nRules that do not match:"
        yield from _lines(near)
    if far := len(rest) - len(near):
        rules = "1 rule does" if far == 1 else f"{far} rules do"
        yield f"\n{rules} not match in the first segment"
    for what in answer.not_known:
        yield f"\nNot weighed: {what}"


def _decided(rule: Rule) -> Iterator[str]:
    if conditions := conditions_of(rule):
        yield f"It asks for a request: {conditions}"
    merged = ", merged by Vault" if len(rule.sources) > 1 else ""
    yield f"\nThe rule that decides{merged}:"
    for source in rule.sources:
        yield from (f"  {line}" for line in _stanza(source.stanza).splitlines())


def _stanza(stanza: Stanza) -> str:
    """As an ACL policy writes it. The comment goes its own way: any text can be one."""
    comment = "".join(f"# {line}\n" for line in stanza.comment.splitlines())
    return comment + render([dataclasses.replace(stanza, comment="")])


def _lines(rules: Iterable[Considered]) -> Iterator[str]:
    for one in rules:
        yield f"  {one.rule.pattern} [{words.listed(one.rule.capabilities)}]: {one.reason}"


def _policies(answer: _Answer) -> Iterator[str]:
    """Those that the deciding rule comes from, or, where there is none, all that it has."""
    if deciding := answer.deciding:
        yield from (source.policy for source in deciding.sources)
    elif answer.asked:
        yield from answer.asked.workload.token.policies


# --- for tools -----------------------------------------------------------------------------------


def _document(name: str, request: Request, answers: Iterable[_Answer]) -> Mapping[str, Any]:
    return {
        "workload": name,
        "capability": request.operation.value,
        "path": request.path,
        "root_protected": is_protected(request.path, PROTECTED_MOUNTS),
        "allowed": all(answer.allowed for answer in answers),
        "answers": [
            {
                "environment": answer.environment.value,
                "allowed": answer.allowed,
                "reason": answer.reason,
                "rule": _rule(answer.deciding) if answer.deciding else None,
                "others": [
                    {
                        "path": one.rule.pattern.text,
                        "capabilities": sorted(one.rule.capabilities),
                        "outcome": one.outcome.value,
                        "reason": one.reason,
                    }
                    for one in answer.others
                ],
                "not_weighed": answer.not_known,
            }
            for answer in answers
        ],
    }


def _rule(rule: Rule) -> Mapping[str, Any]:
    return {
        "path": rule.pattern.text,
        "capabilities": sorted(rule.capabilities),
        "conditions": conditions_of(rule),
        "sources": [
            {
                "policy": source.policy,
                "grant": source.stanza.comment,
                "stanza": _stanza(source.stanza),
            }
            for source in rule.sources
        ],
    }
