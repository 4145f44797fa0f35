"""What is a risk in who may log in: more than before, everybody, another's identity, a name of
another environment, a workload that is new to prod.

Another environment's names are told by its word in them (`shop-dev`, `vault-staging`), unless the
application itself is named so; and by an AWS account that only other environments had.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.environments import Environment
from policies.plan import KubernetesRole
from policies.review.coverage import ANYONE, ANYWHERE
from policies.review.difference import AccessChange, Direction
from policies.review.model import Finding, Severity, Status, TermChange, Topic
from policies.review.sides import Pair
from policies.review.snapshot import Snapshot
from policies.review.territory import Territory, identities_of

_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_ACCOUNT: Final = re.compile(r"arn:aws[a-z-]*:[^:]*:[^:]*:(\d{12}):")
_NARROWEST: Final = 7
"""Bits that a network must fix: the widest private one is fc00::/7."""
_IDENTITY: Final = frozenset({"service account", "namespace", "audience", "group", "CIDR"})


@dataclass(frozen=True, slots=True)
class Names:
    """Which AWS accounts are other environments' only: account -> environments."""

    accounts: Mapping[str, str]

    @classmethod
    def known(cls, base: Mapping[Environment, Snapshot], environment: Environment) -> Names:
        found = {one: accounts_of(snapshot) for one, snapshot in base.items()}
        own = found.get(environment, frozenset())
        return cls(
            {
                account: one.value
                for one, accounts in found.items()
                if one is not environment
                for account in sorted(accounts - own)
            }
        )


def accounts_of(snapshot: Snapshot) -> frozenset[str]:
    return frozenset(
        account for role in snapshot.aws_roles for account in _ACCOUNT.findall(role.policy_document)
    )


def identity_risks(
    pair: Pair,
    access: Iterable[AccessChange],
    terms: Iterable[TermChange],
    territory: Territory,
    names: Names,
    security: str,
) -> Iterator[Finding]:
    access = tuple(access)
    gained = [term for term in terms if term.direction is Direction.GAINED]
    logins = [term for term in gained if term.topic is Topic.LOGIN and term.term in _IDENTITY]
    yield from _wider(pair, logins, security)
    yield from _look_alike(pair, access, gained, security)
    yield from _of_others(pair, territory, security)
    yield from _new_namespace(pair, territory, security)
    yield from _elsewhere(pair, access, gained, names, security)
    if pair.status is Status.ADDED and pair.sides.environment is Environment.PROD:
        yield Finding(
            Severity.WARNING,
            "new-to-prod",
            f"{pair.label} is new to prod",
            (f"the base has no role in prod with which {pair.label} logs in",),
        )


def _wider(pair: Pair, logins: list[TermChange], security: str) -> Iterator[Finding]:
    everybody = [
        term
        for term in logins
        if term.after == ANYONE or ("*" in term.after and term.term != "CIDR")
    ]
    for term in everybody:
        yield Finding(
            Severity.HIGH,
            "wildcard-identity",
            f"{term.role} lets in any {term.term} that fits {term.after!r}",
            (
                f"before: {term.before or 'none'}",
                "whoever may create such a name, or is given it, logs in",
            ),
            approvers=(security,),
        )
    rest = [term for term in logins if term not in everybody]
    if rest and pair.status is Status.CHANGED:
        anywhere = any(_nearly_anywhere(term.after) for term in rest if term.term == "CIDR")
        yield Finding(
            Severity.HIGH if anywhere else Severity.WARNING,
            "wider-identity",
            f"more may log in as {pair.label}: "
            + ", ".join(f"{term.term} {term.after}" for term in rest),
            tuple(
                f"{term.role}: {term.term} is {term.after}, before {term.before or 'not that'}"
                for term in rest
            ),
            approvers=(security,) if anywhere else (),
        )


def _look_alike(
    pair: Pair, access: Iterable[AccessChange], gained: Iterable[TermChange], security: str
) -> Iterator[Finding]:
    """A reader takes a Cyrillic letter for a Latin one, and a group of that name for the one that
    was meant.
    """
    texts = [("path", one.paths) for one in access if one.direction is _GAINED]
    texts += [(f"{one.role}: {one.term}", one.after) for one in gained]
    for where, text in texts:
        if not text.isascii():
            yield Finding(
                Severity.HIGH,
                "look-alike",
                f"{pair.label} gains {where} {text!a}, with letters that look like others",
                ("what is written with a backslash here is shown elsewhere as the letter it is",),
                approvers=(security,),
            )


def _nearly_anywhere(network: str) -> bool:
    """Everything, or halves of it that are everything together."""
    if network == ANYWHERE:
        return True
    try:
        return ipaddress.ip_network(network, strict=False).prefixlen < _NARROWEST
    except ValueError:
        return False


def _of_others(pair: Pair, territory: Territory, security: str) -> Iterator[Finding]:
    if pair.head is None:
        return
    before = identities_of(pair.base.role) if pair.base else ()
    for identity in identities_of(pair.head.role):
        if identity in before:
            continue
        if others := territory.others_as(identity, pair.owners):
            kind, *written = identity
            yield Finding(
                Severity.HIGH,
                "shared-identity",
                f"{kind} {'/'.join(written)} logs in as {pair.label}, and is {', '.join(others)}",
                (
                    f"at the base it logs in as {', '.join(others)}, of another application",
                    f"whoever runs as it has the access of {pair.label} from now on, too",
                ),
                approvers=(security,),
            )


def _new_namespace(pair: Pair, territory: Territory, security: str) -> Iterator[Finding]:
    """An application that is new has no namespace yet that it could leave."""
    if pair.head is None or not isinstance(pair.head.role, KubernetesRole):
        return
    known, namespace = territory.namespaces_of(pair.owners), pair.head.role.namespace
    whose = ", ".join(sorted(pair.owners))
    if known and namespace not in known:
        yield Finding(
            Severity.HIGH,
            "another-namespace",
            f"{pair.label} logs in from the namespace {namespace}, which is not one of {whose}",
            (
                f"at the base {whose} runs in {', '.join(sorted(known))}",
                f"whoever may make pods in {namespace} has the access of {pair.label}",
            ),
            approvers=(security,),
        )


def _elsewhere(
    pair: Pair,
    access: Iterable[AccessChange],
    gained: Iterable[TermChange],
    names: Names,
    security: str,
) -> Iterator[Finding]:
    """One finding for each other environment that something gained is named after."""
    texts = [(f"path {one.paths}", one.paths) for one in access if one.direction is _GAINED]
    texts += [(f"{one.role}: {one.term} {_shown(one.after)}", one.after) for one in gained]
    found = dict[str, list[str]]()
    for where, text in texts:
        for other, why in _environments(text, pair, names):
            found.setdefault(other, []).append(f"{where}: {why}")
    for other, reasons in sorted(found.items()):
        yield Finding(
            Severity.HIGH,
            "another-environment",
            f"{pair.label} in {pair.sides.environment} gains what is named after {other}",
            tuple(reasons),
            approvers=(security,),
        )


_GAINED: Final = Direction.GAINED


def _shown(text: str) -> str:
    first, *rest = text.splitlines() or [""]
    return f"{first} ..." if rest else first


def _environments(text: str, pair: Pair, names: Names) -> Iterator[tuple[str, str]]:
    rest = text
    for name in pair.owners:
        # As words of their own: in an application called `tag` another's `staging` stays one.
        rest = re.sub(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", "", rest)
    words = {word.lower() for word in _WORD.findall(rest)}
    for other in Environment:
        if other is not pair.sides.environment and other.value in words:
            yield other.value, f"has the word {other.value!r}"
    for account in sorted(words & names.accounts.keys()):
        yield names.accounts[account], f"AWS account {account} is {names.accounts[account]}'s only"
