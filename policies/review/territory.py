"""Whose is what in one environment, and who logs in as whom, on both sides at once.

The base's word goes first: a change cannot choose who is asked about what was there before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from policies import paths
from policies.acl import Pattern
from policies.acl.meetings import Meetings
from policies.hcl import Capability
from policies.plan import AppRoleRole, KubernetesRole, OidcRole, Owner
from policies.review.coverage import BELOW
from policies.review.difference import AccessChange
from policies.review.issued import ways
from policies.review.model import Finding, Severity
from policies.review.sides import Sides
from policies.review.snapshot import LoginRole
from policies.subject import PEOPLE

SERVICE_ACCOUNT: Final = "service account"


@dataclass(frozen=True, slots=True)
class Owned:
    """A pattern that an application owns."""

    pattern: Pattern
    owner: str
    team: str
    """That answers for it on the base; empty where the base does not know the application."""


class Territory:
    """Of one environment."""

    def __init__(self, sides: Sides) -> None:
        self._sides = sides
        self._teams = {owner.name: owner.team for owner in sides.base.owners}

    @cached_property
    def _owned(self) -> Meetings[Owned]:
        owned = dict.fromkeys(
            Owned(Pattern.of(path), owner.name, self._teams.get(owner.name, ""))
            for side in (self._sides.base, self._sides.head)
            for owner in side.owners
            for path in owner.paths
        )
        beside = dict.fromkeys(self._other_ways(owned))
        return Meetings((one.pattern, one) for one in {**owned, **beside})

    def _other_ways(self, owned: Iterable[Owned]) -> Iterator[Owned]:
        """Whoever owns `aws/creds/files` owns `aws/sts/files`, too."""
        owners: dict[str, list[Owned]] = {}
        for one in owned:
            owners.setdefault(one.pattern.text, []).append(one)
        for side in self._sides.issued:
            for thing in side.values():
                first, *others = ways(thing)
                for one in owners.get(first.path, ()):
                    for way in others:
                        yield Owned(Pattern.of(way.path), one.owner, one.team)

    def of_others(self, change: AccessChange, own: frozenset[str]) -> Iterator[Owned]:
        """What the granting rule of a line meets, and none of `own` owns."""
        for pattern in decided_by(change):
            for one in self._owned.of(pattern):
                if one.owner not in own:
                    yield one

    @cached_property
    def _identities(self) -> dict[tuple[str, ...], list[tuple[str, str]]]:
        """Identity -> label and owner of who logs in as it at the base."""
        found: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        for workload in self._sides.base.workloads.values():
            for identity in identities_of(workload.role):
                owner = workload.owner.name if workload.owner else ""
                found.setdefault(identity, []).append((workload.label, owner))
        return found

    def others_as(self, identity: tuple[str, ...], own: frozenset[str]) -> list[str]:
        """The labels of other owners' workloads that log in with this identity at the base. People
        share no application: each group is another's to every other.
        """
        known = self._identities.get(identity, ())
        return [label for label, owner in known if owner not in own or owner == PEOPLE]

    @cached_property
    def _namespaces(self) -> dict[str, set[str]]:
        """Owner -> where its workloads run at the base."""
        found: dict[str, set[str]] = {}
        for (kind, *rest), known in self._identities.items():
            if kind == SERVICE_ACCOUNT:
                for _, owner in known:
                    found.setdefault(owner, set()).add(rest[0])
        return found

    def namespaces_of(self, own: frozenset[str]) -> set[str]:
        """Where these applications' workloads run at the base."""
        return {namespace for owner in own for namespace in self._namespaces.get(owner, ())}

    @cached_property
    def _roles_for(self) -> dict[str, list[str]]:
        """A domain, or one and what is below -> the base's PKI roles with a name within that."""
        found: dict[str, list[str]] = {}
        for role in self._sides.base.pki_roles:
            names = role.allowed_domains
            above = (f"{parent}{BELOW}" for name in names for parent in _parents(name))
            for domain in dict.fromkeys((*names, *above)):
                found.setdefault(domain, []).append(role.name)
        return found

    def domains_of_others(self, domain: str, own: frozenset[str]) -> Iterator[tuple[str, str, str]]:
        """PKI role, owner and team of the base's other applications with a name within `domain`."""
        for role in self._roles_for.get(domain, ()):
            for one in self._owned.of(Pattern.of(paths.pki_issue(role))):
                if one.owner not in own:
                    yield f"pki/roles/{role}", one.owner, one.team

    @cached_property
    def _roles_in(self) -> dict[str, list[str]]:
        """Database -> the base's roles that make users in it."""
        databases = {one.name: one.database for one in self._sides.base.database_connections}
        found: dict[str, list[str]] = {}
        for role in self._sides.base.database_roles:
            if database := databases.get(role.connection):
                found.setdefault(database, []).append(role.name)
        return found

    def databases_of_others(
        self, database: str, own: frozenset[str]
    ) -> Iterator[tuple[str, str, str]]:
        """Role, owner and team of the base's other applications with users in a database."""
        for role in self._roles_in.get(database, ()):
            for one in self._owned.of(Pattern.of(paths.database_credentials(role))):
                if one.owner not in own:
                    yield f"database/roles/{role}", one.owner, one.team

    def moved(self) -> Iterator[Finding]:
        """Applications that answer to another team, paths that another application takes or that
        are nobody's any more, and workloads that change sides: from the next change on, these say
        what is another's.
        """
        head = {owner.name: owner for owner in self._sides.head.owners}
        yield from self._given_up(head)
        yield from self._changed_sides()
        for owner in self._sides.base.owners:
            now = head.get(owner.name)
            if now and now.team != owner.team:
                yield Finding(
                    Severity.HIGH,
                    "ownership",
                    f"{owner.name} answers to {now.team or 'no team'} instead of "
                    f"{owner.team or 'none'}",
                    (
                        "from the next change on that team is asked about its paths: "
                        + ", ".join(owner.paths),
                    ),
                    approvers=(owner.team,) if owner.team else (),
                )
        known = {(owner.name, path) for owner in self._sides.base.owners for path in owner.paths}
        for owner in self._sides.head.owners:
            for path in owner.paths:
                if (owner.name, path) not in known:
                    yield from self._taken(owner, path)

    def _given_up(self, head: Mapping[str, Owner]) -> Iterator[Finding]:
        """Of an application that is still there. What a role that went handed out is nobody's."""
        handed_out = [
            {way.path for one in side.values() for way in ways(one)} for side in self._sides.issued
        ]
        went = handed_out[0] - handed_out[1]
        for owner in self._sides.base.owners:
            now = head.get(owner.name)
            kept = {*now.paths, *went} if now else {*owner.paths}
            for path in owner.paths:
                if path not in kept:
                    yield Finding(
                        Severity.HIGH,
                        "ownership",
                        f"{path} is not said to be of {owner.name} any more",
                        ("from the next change on nobody is asked who reaches for it",),
                        approvers=(owner.team,) if owner.team else (),
                    )

    def _changed_sides(self) -> Iterator[Finding]:
        before, after = (
            {member.role: owner for owner in side.owners for member in owner.members}
            for side in (self._sides.base, self._sides.head)
        )
        for role, owner in before.items():
            now = after.get(role)
            if now and now.name != owner.name:
                yield Finding(
                    Severity.HIGH,
                    "ownership",
                    f"the role {role} is said to be of {now.name}, and was of {owner.name}",
                    (f"from the next change on what it reaches of {now.name} is no finding",),
                    approvers=tuple(
                        self._teams[name]
                        for name in (owner.name, now.name)
                        if self._teams.get(name)
                    ),
                )

    def _taken(self, owner: Owner, path: str) -> Iterator[Finding]:
        for one in self._owned.of(Pattern.of(path)):
            if one.owner != owner.name and one.owner in self._teams:
                reason = (
                    f"{owner.team or owner.name} would be asked, from the next change on, about "
                    f"what {one.team or one.owner} answers for"
                )
                yield Finding(
                    Severity.HIGH,
                    "ownership",
                    f"{path} is said to be of {owner.name}, and {one.pattern} is of {one.owner}",
                    (reason,),
                    approvers=(one.team,) if one.team else (),
                )


def decided_by(change: AccessChange) -> Iterator[Pattern]:
    """What the granting rule of a line decides: the paths that it matches, and, where they may be
    listed, the folders of that name with their slash. `sudo` counts for LIST, too.
    """
    rule = change.rule
    yield Pattern.of(rule)
    listed = {Capability.LIST, Capability.SUDO}.intersection(change.capabilities)
    if listed and not rule.endswith(("*", "/")):
        yield Pattern.of(f"{rule}/")


def _parents(domain: str) -> Iterator[str]:
    """`a.b`, `b`: itself goes first."""
    labels = domain.split(".")
    for at in range(len(labels)):
        yield ".".join(labels[at:])


def identities_of(role: LoginRole) -> tuple[tuple[str, ...], ...]:
    """What a login shows. An AppRole's is its own: whoever has its secret IDs."""
    match role:
        case KubernetesRole():
            return ((SERVICE_ACCOUNT, role.namespace, role.service_account),)
        case OidcRole():
            return tuple(("group", group) for group in role.groups)
        case AppRoleRole():
            return (("AppRole", role.name),)
