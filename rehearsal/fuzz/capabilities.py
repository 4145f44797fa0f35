"""Whether `Acl.capabilities` answers as `sys/capabilities` does, for tokens with several policies.

It looks as LIST does and at nothing but capabilities: operations, parameters and lifetimes of
wrapping are compared in `operations`. Paths are random, and witnesses of random regions.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from random import Random
from typing import Final

from policies.acl import Acl, AclError, regions
from policies.acl.templates import NOBODY
from policies.hcl import parse
from rehearsal.fuzz.generator import Maker
from rehearsal.fuzz.people import BOUND, People, Person
from rehearsal.fuzz.results import Difference, Round
from rehearsal.fuzz.vault import Oracle

DEFAULT: Final = "default"
"""Vault's own policy, which it gives every token that does not decline."""
_POLICIES, _TOKENS, _WITNESSES = 6, 5, 50
_PATHS, _FEWER = 250, 50
_TEMPLATED: Final = 0.3


def compare(oracle: Oracle, people: People, random: Random) -> Round:
    """One round: a few policies, and tokens with several of them each."""
    templated = random.random() < _TEMPLATED
    maker = Maker(random, people.directives if templated else ())
    labels = maker.labels(random.choice((2, 4, 8, 16)))
    texts = {f"p{number}": maker.policy(labels) for number in range(_POLICIES)}
    oracle.write_policies(texts)
    texts |= BOUND | {DEFAULT: oracle.read_policy(DEFAULT)}
    compared, granted, differences = 0, 0, list[Difference]()
    for _ in range(_TOKENS):
        names = sorted(
            random.sample(sorted(f"p{n}" for n in range(_POLICIES)), random.randrange(5))
        )
        person = random.choice((None, *people.everyone)) if templated else None
        default = random.random() < 0.1
        token = oracle.token(names, default=default, alias=person.alias if person else "")
        names = sorted([*names, DEFAULT] if default else names)
        held = _held(names, person, texts)
        asked = labels + (["cubbyhole/a", "sys/tools/hash/a", "identity/oidc/+"] if default else [])
        holder = person.identity if person else NOBODY
        # Vault reads a templated policy anew for every path.
        count = _FEWER if templated or default else _PATHS
        paths = {maker.path(asked, holder) for _ in range(count)}
        try:
            acl = Acl.of({name: parse(text) for name, text in held.items()}, holder)
        except AclError as error:
            differences += _refused(oracle, token, sorted(paths), error, held)
            compared += 1
            continue
        wanted = _wanted(acl, paths)
        differences += _differing(oracle, token, wanted, held)
        compared += len(wanted)
        granted += sum(answer != ["deny"] for answer in wanted.values())
    return Round(compared, granted, tuple(differences))


def _held(names: list[str], person: Person | None, texts: Mapping[str, str]) -> dict[str, str]:
    """A token's policies, in Vault's order: its own by name, then its holder's."""
    brought = sorted(person.policies) if person else []
    return {name: texts[name] for name in [*names, *brought]}


def _wanted(acl: Acl, paths: set[str]) -> dict[str, list[str]]:
    """Path -> our answer. A witness is answered by its region, without looking up its path."""
    wanted = {path: list(acl.capabilities(path)) for path in sorted(paths)}
    for region in islice(regions((acl,)), _WITNESSES):
        (rule,) = region.listing
        # Vault trims what it is asked about.
        if region.witness == region.witness.strip():
            wanted[region.witness] = sorted(rule.granted if rule else ()) or ["deny"]
    return wanted


def _differing(
    oracle: Oracle, token: str, wanted: Mapping[str, list[str]], held: Mapping[str, str]
) -> list[Difference]:
    reply = oracle.capabilities(token, list(wanted))
    answers = reply.body["data"] if reply.ok else {}
    return [
        Difference(
            f"capabilities of {path!r}", str(ours), str(answers.get(path, reply.errors)), held
        )
        for path, ours in wanted.items()
        if answers.get(path) != ours
    ]


def _refused(
    oracle: Oracle, token: str, paths: list[str], error: AclError, held: Mapping[str, str]
) -> list[Difference]:
    """Vault must not be able to build this token's ACL either."""
    reply = oracle.capabilities(token, paths)
    if reply.status == 500 and "'+*' is forbidden" in reply.errors:
        return []
    return [Difference("building the ACL", str(error), f"{reply.status} {reply.errors}", held)]
