"""The plan of one environment, divided over stacks: the platform's, and those of teams.

A team's slice is what stays inside Vault, and what its provisioner can be held to
(`team_provisioner`): the ACL policies and auth roles of its applications' machines, and its entries
of static secrets. The platform's are people, jobs, and whatever has Vault act elsewhere with an
identity of its own (connections and SQL, clouds, certificates); and every team that has no stack.

All stacks compile the same matrix, so what it promises of them together is decided here, over the
whole plan, before any of them makes its part. This says nothing of how a stack is deployed.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from policies import paths
from policies.acl import Pattern
from policies.acl.patterns import meeting
from policies.paths import DEPLOY
from policies.plan import Owner, Plan
from policies.workload import TAKEN

_SHARED: Final = frozenset(
    {
        "auth/token/lookup-self",
        "auth/token/renew-self",
        "auth/token/revoke-self",
        "sys/leases/renew",
        f"{paths.PKI}/revoke-with-key",
    }
)
"""What is nobody's: Vault answers there for what the asker itself holds, and for nothing else."""

_TABLES: Final = tuple(
    field.name for field in dataclasses.fields(Plan) if field.name != "environment"
)


class SliceError(ValueError):
    """The plan cannot be divided as asked, or its parts would reach into one another."""


def teams_in(plan: Plan) -> tuple[str, ...]:
    """The teams that can have a stack of their own: those that answer for applications, but for
    the one that runs Vault.
    """
    running = {owner.team for owner in plan.owners if owner.name in TAKEN}
    return tuple(sorted({owner.team for owner in _applications(plan)} - running))


def slice_of(plan: Plan, team: str) -> Plan:
    """What the stack of a team makes.

    Raises `SliceError`.
    """
    refuse_overlaps(plan)
    chosen = _names_of(plan, (team,))
    tables: dict[str, Any] = dict.fromkeys(_TABLES, ()) | _kept(plan, chosen, belongs=True)
    return dataclasses.replace(plan, **tables)


def platform_slice(plan: Plan, teams: Collection[str]) -> Plan:
    """What the platform's stack makes where these teams have stacks of their own: everything else.
    Without any it is the whole plan.

    Raises `SliceError`.
    """
    if not teams:
        return plan
    refuse_overlaps(plan)
    tables: dict[str, Any] = _kept(plan, _names_of(plan, teams), belongs=False)
    return dataclasses.replace(plan, **tables)


def refuse_overlaps(plan: Plan) -> None:
    """Make sure that no application's ACL policies reach what is another's: between two teams, that
    would be where their stacks meet.

    Raises `SliceError` that names both teams.
    """
    policies = {policy.name: policy for policy in plan.acl_policies}
    given = {
        role.name: role.token.policies
        for roles in (plan.kubernetes_roles, plan.approle_roles, plan.oidc_roles)
        for role in roles
    }
    for owner in _applications(plan):
        own = tuple(Pattern.of(path) for path in owner.paths)
        for member in owner.members:
            for name in given.get(member.role, ()):
                for stanza in policies[name].stanzas if name in policies else ():
                    if stanza.path not in _SHARED and not _within(stanza.path, own):
                        raise SliceError(_trespass(plan, owner, member.workload, stanza.path))


def _within(path: str, own: Collection[Pattern]) -> bool:
    """Whether all that the path means is matched by one of `own`: its wildcards are segments that
    only another wildcard matches.
    """
    return any(pattern.matches(path) for pattern in own)


def _trespass(plan: Plan, owner: Owner, workload: str, path: str) -> str:
    reached = Pattern.of(path)
    for other in _applications(plan):
        if other.name == owner.name:
            continue
        for owned in other.paths:
            if meeting(reached, Pattern.of(owned)) is not None:
                return (
                    f"workload {workload!r} of team {owner.team!r}: reaches {path!r}, which "
                    f"belongs to {other.name!r} of team {other.team!r} ({owned}); narrow "
                    "the grant to the application's own folders, roles or certificates"
                )
    return (
        f"workload {workload!r} of team {owner.team!r}: reaches {path!r}, which no application "
        "owns; grant it to people or to the platform, or narrow it to what the application owns"
    )


def _applications(plan: Plan) -> Iterator[Owner]:
    return (owner for owner in plan.owners if owner.name not in TAKEN)


def _names_of(plan: Plan, teams: Collection[str]) -> Mapping[str, frozenset[str]]:
    """Table of the plan -> the names that are in these teams' slices."""
    for team in teams:
        _check_team(plan, team)
    owners = [owner for owner in _applications(plan) if owner.team in teams]
    applications = {owner.name for owner in owners}
    logins = {member.role for owner in owners for member in owner.members}
    kubernetes = [role for role in plan.kubernetes_roles if role.name in logins]
    approle = [role for role in plan.approle_roles if role.name in logins]
    tokens = [*(role.token for role in kubernetes), *(role.token for role in approle)]
    return {
        "owners": frozenset(applications),
        "acl_policies": frozenset(name for token in tokens for name in token.policies),
        "kubernetes_roles": frozenset(role.name for role in kubernetes),
        "approle_roles": frozenset(role.name for role in approle),
        "kv_entries": frozenset(
            entry.name for entry in plan.kv_entries if _application_of(entry.name) in applications
        ),
    }


def _kept(plan: Plan, chosen: Mapping[str, frozenset[str]], *, belongs: bool) -> dict[str, Any]:
    return {
        table: tuple(one for one in getattr(plan, table) if (one.name in names) is belongs)
        for table, names in chosen.items()
    }


def _application_of(entry: str) -> str:
    """Whose an entry is: paths begin with the application, or with the folder of deployments."""
    first, second, *_ = (*entry.split("/"), "")
    return second if first == DEPLOY else first


def _check_team(plan: Plan, team: str) -> None:
    if nobodys := [owner.name for owner in _applications(plan) if not owner.team]:
        raise SliceError(
            f"application {nobodys[0]!r}: has no team, so that nobody answers for what its stack "
            "makes; give it `owner=` in policies/matrix.py"
        )
    known = teams_in(plan)
    if team not in known:
        where = plan.environment.value
        if any(owner.team == team for owner in plan.owners if owner.name not in TAKEN):
            raise SliceError(
                f"team {team!r}: runs Vault in {where}, so that its applications are part of the "
                "platform's stack; leave it out, or name another `owner=` for them in "
                "policies/matrix.py"
            )
        raise SliceError(
            f"team {team!r}: answers for no application of the matrix in {where}; write one of "
            f"{', '.join(known) or 'none: it has no teams'}"
        )
