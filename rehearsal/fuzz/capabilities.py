"""Whether `Acl.capabilities` answers as `sys/capabilities` does, for tokens with several policies.

It looks as LIST does and at nothing but capabilities: operations, parameters and lifetimes of
wrapping are compared in `operations`. Paths are random, and witnesses of random regions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Final

from policies.acl import Acl, AclError, Identity, regions
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
_TEMPLATED, _WITH_DEFAULT = 0.3, 0.1
_OF_DEFAULT: Final = ("cubbyhole/a", "sys/tools/hash/a", "identity/oidc/provider/+/authorize")
"""Labels near those of `default`."""


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
        person = random.choice((None, *people.everyone)) if templated else None
        names = random.sample([f"p{number}" for number in range(_POLICIES)], random.randrange(5))
        asker = Asker(tuple(sorted(names)), person, default=random.random() < _WITH_DEFAULT)
        # Vault reads a templated policy anew for every path.
        count = _FEWER if templated or asker.default else _PATHS
        asked = [*labels, *(_OF_DEFAULT if asker.default else ())]
        paths = {maker.path(asked, asker.holder) for _ in range(count)}
        wanted, found = _compared(oracle, asker, asker.held(texts), sorted(paths))
        compared += len(wanted) or 1
        granted += sum(answer != ["deny"] for answer in wanted.values())
        differences += found
    return Round(compared, granted, tuple(differences))


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose token it is: `names` of its own policies, and Vault's `default` if it is so."""

    names: tuple[str, ...]
    person: Person | None
    default: bool

    @property
    def holder(self) -> Identity:
        return self.person.identity if self.person else NOBODY

    def token(self, oracle: Oracle) -> str:
        alias = self.person.alias if self.person else ""
        return oracle.token(self.names, default=self.default, alias=alias)

    def held(self, texts: Mapping[str, str]) -> dict[str, str]:
        """Its policies, in Vault's order: its own by name, then its entity's and groups'."""
        own = sorted([*self.names, DEFAULT] if self.default else self.names)
        brought = sorted(self.person.policies) if self.person else []
        return {name: texts[name] for name in [*own, *brought]}


def _compared(
    oracle: Oracle, asker: Asker, held: Mapping[str, str], paths: Sequence[str]
) -> tuple[dict[str, list[str]], list[Difference]]:
    """Our answer for each path, and where Vault's is another."""
    token = asker.token(oracle)
    try:
        acl = Acl.of({name: parse(text) for name, text in held.items()}, asker.holder)
    except AclError as error:
        return {}, _refused(oracle, token, paths, error, held)
    wanted = _wanted(acl, paths)
    return wanted, _differing(oracle, token, wanted, held)


def _wanted(acl: Acl, paths: Sequence[str]) -> dict[str, list[str]]:
    """Path -> our answer. A witness is answered by its region, without looking up its path."""
    wanted = {path: list(acl.capabilities(path)) for path in paths}
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
    oracle: Oracle, token: str, paths: Sequence[str], error: AclError, held: Mapping[str, str]
) -> list[Difference]:
    """Vault must not be able to build this token's ACL either."""
    reply = oracle.capabilities(token, paths)
    if reply.status == 500 and "'+*' is forbidden" in reply.errors:
        return []
    return [Difference("building the ACL", str(error), f"{reply.status} {reply.errors}", held)]
