"""All about one workload: how it logs in, how long its token lives, what it can reach, which
credentials it can have and how long they live in effect, what it rotates by schedule, and which
powers it holds.

    python -m policies explain kubesentiment/api --env prod
    python -m policies explain operators --format json

WORKLOAD is application/workload, or the name of its auth role. What it can reach is told by the
rules that really decide some path: one that others hide is left out. Lifetimes are those of the
role, the mount, the system and the token together, with the program's own settings. Powers are
what lets their holder have more than is written (docs/guardrails.md).

Exit status: 0 answered; 3 an error.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policies import paths
from policies.acl import Pattern
from policies.commands import arguments, screen, words
from policies.commands.meaning import meaning
from policies.commands.plans import REFUSALS as OF_PLANS
from policies.commands.plans import Asked, plans, workload
from policies.commands.reach import Reach, reaches
from policies.escalation import Held, held, held_by_job
from policies.hcl import Capability
from policies.plan import KubernetesRole, Rotation
from policies.review.described import login_path
from policies.review.lifetimes import OWN, TOKEN, lifetimes_of
from policies.review.model import EffectiveLifetime
from policies.review.output import wording
from policies.review.rotations import what
from policies.review.sides import Pair, Sides

REFUSALS: Final = OF_PLANS


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("workload", metavar="WORKLOAD", help="such as kubesentiment/api")
    arguments.add_plan(parser)


@dataclass(frozen=True)
class _About:
    """What is told of one workload in one environment."""

    asked: Asked
    reaches: tuple[Reach, ...]
    entries: tuple[str, ...]
    """The KV entries of the plan whose values it can read."""
    lifetimes: tuple[tuple[str, EffectiveLifetime], ...]
    rotations: tuple[Rotation, ...]
    """What it runs by schedule."""
    powers: tuple[Held, ...]

    @classmethod
    def of(cls, asked: Asked) -> _About:
        acl = asked.acl
        rotations = _pair(asked).rotations[1]
        return cls(
            asked,
            reaches(acl, Pattern.of("*")),
            tuple(_readable(asked)),
            tuple(_lifetimes(asked)),
            rotations,
            (*held(acl), *(power for one in rotations for power in held_by_job(one))),
        )


def run(options: Namespace) -> int:
    found = [_About.of(one) for one in workload(plans(options.ref, options.env), options.workload)]
    if options.format == "json":
        screen.as_json({"workload": options.workload, "answers": list(map(_document, found))})
        return 0
    for number, about in enumerate(found):
        print("\n" if number else "", end="")
        _print(about)
    return 0


def _readable(asked: Asked) -> Iterator[str]:
    for entry in asked.snapshot.kv_entries:
        rule = asked.acl.rule(f"{paths.KV}/data/{entry.name}")
        if rule and Capability.READ in rule.granted:
            yield f"{entry.name} ({', '.join((*entry.keys, *entry.kept_keys))})"


def _pair(asked: Asked) -> Pair:
    """Of a change that changes nothing."""
    one = asked.workload
    return Pair(Sides(asked.snapshot, asked.snapshot), one.label, one, one)


def _lifetimes(asked: Asked) -> Iterator[tuple[str, EffectiveLifetime]]:
    for credential in lifetimes_of(_pair(asked), OWN):
        if credential.after:
            yield credential.credential, credential.after


# --- in words ------------------------------------------------------------------------------------


def _print(about: _About) -> None:
    for line in _head(about):
        print(words.seen(line))
    print("\nIt may:")
    screen.table(("at", "what", "granted as"), [[_row(reach) for reach in about.reaches]])
    if about.entries:
        print("\nSecrets whose values it can read:")
        for entry in about.entries:
            print(words.seen(f"  {entry}"))
    if credentials := [one for one in about.lifetimes if one[0] != TOKEN]:
        print("\nCredentials that it can have:")
        screen.table(("from", "lives", "ends"), [[_credential(*one) for one in credentials]])
    if about.rotations:
        print("\nIt rotates by schedule (UTC):")
        rows = [(what(one), one.schedule, one.name) for one in about.rotations]
        screen.table(("what", "when", "called"), [rows])
    print("\n" + words.seen("\n".join(_powers(about.powers))))
    for one in about.asked.not_known:
        print(words.seen(f"Not weighed: {one}"))


def _head(about: _About) -> Iterator[str]:
    one, role = about.asked.workload, about.asked.workload.role
    team = f", of {one.owner.team}" if one.owner and one.owner.team else ""
    yield f"{one.label} in {about.asked.environment.value}{team}"
    yield f"  logs in by  {words.login(role)}"
    if isinstance(role, KubernetesRole):
        yield f"              with a token for the audience {role.audience}"
    yield f"  role        {login_path(role)}"
    yield f"  policies    {', '.join(one.token.policies)}"
    yield f"  token       {wording.lifetime(dict(about.lifetimes)[TOKEN])}"


def _row(reach: Reach) -> Sequence[str]:
    what = meaning(reach.rule.pattern.text, reach.capabilities)
    asked = reach.conditions
    conditions = f"; {asked if asked.startswith('only ') else f'only {asked}'}" if asked else ""
    return str(reach.rule.pattern), what + conditions, "\n".join(_grants(reach))


def _grants(reach: Reach) -> Iterable[str]:
    """The cells of the matrix that it comes from: their stanzas' comments, without the name."""
    comments = (source.stanza.comment for source in reach.rule.sources)
    return dict.fromkeys(comment.partition(": ")[2] or comment for comment in comments)


def _credential(credential: str, lives: EffectiveLifetime) -> Sequence[str]:
    ends = "with its token, at the latest" if lives.ends_with_token else "by itself"
    return credential, wording.lifetime(lives), ends


def _powers(powers: Iterable[Held]) -> Iterator[str]:
    lines = [f"  {one.power.effect.value}, {one.power.name}: {one}" for one in powers]
    yield "Powers:" if lines else "It holds no power that leads to more than this."
    yield from lines


# --- for tools -----------------------------------------------------------------------------------


def _document(about: _About) -> dict[str, Any]:
    one = about.asked.workload
    return {
        "environment": about.asked.environment.value,
        "workload": one.label,
        "team": one.owner.team if one.owner else "",
        "role": login_path(one.role),
        "login": words.login(one.role),
        "policies": list(one.token.policies),
        "reaches": [
            {
                "rule": reach.rule.pattern.text,
                "capabilities": sorted(reach.capabilities),
                "meaning": meaning(reach.rule.pattern.text, reach.capabilities),
                "conditions": reach.conditions,
                "witness": reach.witness,
                "list_witness": reach.folder,
                "grants": list(_grants(reach)),
            }
            for reach in about.reaches
        ],
        "secrets": list(about.entries),
        "lifetimes": [
            {
                "credential": credential,
                "default_seconds": lives.default_seconds,
                "default_bound": lives.default_bound,
                "maximum_seconds": lives.maximum_seconds,
                "maximum_bound": lives.maximum_bound,
                "ends_with_token": lives.ends_with_token,
            }
            for credential, lives in about.lifetimes
        ],
        "rotations": [
            {
                "name": one.name,
                "what": what(one),
                "schedule": one.schedule,
                "interval_seconds": one.interval_seconds,
                "task": one.task,
            }
            for one in about.rotations
        ],
        "powers": [
            {
                "name": one.power.name,
                "effect": one.power.effect.value,
                "capability": one.capability.value,
                "witness": one.witness,
                "chain": one.power.chain,
            }
            for one in about.powers
        ],
        "not_weighed": list(about.asked.not_known),
    }
