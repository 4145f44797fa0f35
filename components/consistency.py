"""Where settings and plan must agree: names that the matrix knows, lifetimes, and what may reach a
shell.

A name that nothing matches is not harmless: a misspelt role in `awsRoleArns` would be made with
long-lived keys instead of the ARN, and a misspelt secret would silently stay away.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence

from components.delivery.deliveries import in_double_quotes
from components.settings import NAMESPACE, KvSettings, Settings, SettingsError, TeamSettings
from policies import slices
from policies.lifetime import Duration
from policies.plan import Plan
from policies.team_provisioner import TeamProvisioner, provisioners


def check(settings: Settings, plan: Plan) -> tuple[Plan, Sequence[TeamProvisioner]]:
    """The part of the plan that this stack makes: all of it, but for teams that have stacks of
    their own; and the provisioners of these.

    Raises `SettingsError` that lists every name the plan does not have.
    """
    try:
        own = slices.platform_slice(plan, settings.team_stacks)
        teams = provisioners(plan, settings.team_stacks)
    except ValueError as error:
        raise SettingsError([f"{NAMESPACE}:teamStacks: {error}"]) from error
    if problems := [*_problems(settings, own), *_runs(settings, teams)]:
        raise SettingsError(problems)
    return own, teams


def check_team(settings: TeamSettings, plan: Plan) -> None:
    """The same for a team's stack."""
    try:
        own = slices.slice_of(plan, settings.team)
    except slices.SliceError as error:
        raise SettingsError([f"{NAMESPACE}:team: {error}"]) from error
    if problems := [*_entries(settings.kv, own), *_obeyed(settings.kv, own)]:
        raise SettingsError(problems)


def _problems(settings: Settings, plan: Plan) -> Iterator[str]:
    where = plan.environment.value
    if settings.aws:
        known = {role.name for role in plan.aws_roles}
        what = f"AWS role of the matrix in {where}"
        yield from _unknown("awsRoleArns", what, settings.aws.role_arns, known)
    if settings.database:
        known = {connection.database for connection in plan.database_connections}
        what = f"database of the matrix in {where}"
        yield from _unknown("databasePasswords", what, settings.database.passwords, known)
    yield from _entries(settings.kv, plan)
    yield from _obeyed(settings.kv, plan)
    yield from _lifetimes(settings, plan)


def _runs(settings: Settings, teams: Sequence[TeamProvisioner]) -> Iterator[str]:
    """A team's runs of CI must be nobody else's: GitHub takes environments for the same without
    regard to case.
    """
    ci = settings.bootstrap.ci
    for key, environments in (
        ("ciEnvironments", ci.environments if ci else ()),
        ("ciAttestEnvironments", ci.attest_environments if ci else ()),
    ):
        for team in teams:
            if team.ci_environment.casefold() in map(str.casefold, environments):
                yield (
                    f"{NAMESPACE}:{key}: {team.ci_environment!r} is the environment of a team's "
                    f"stack, whose runs could log in as more than {team.name!r}; fix: name the "
                    "platform's otherwise"
                )


def _entries(kv: KvSettings, plan: Plan) -> Iterator[str]:
    where = plan.environment.value
    given = {entry.name: entry for entry in plan.kv_entries if entry.generated_length is None}
    generated = {entry.name for entry in plan.kv_entries} - given.keys()
    for path, values in kv.values.items():
        if path in generated:
            yield (
                f"{NAMESPACE}:kvValues: {path!r} is generated, and rotated later, so nobody gives "
                "it values; fix: remove them"
            )
        elif path not in given:
            what = f"given KV entry of the matrix in {where}"
            yield from _unknown("kvValues", what, [path], given.keys())
        else:
            what = "key of this entry in the matrix"
            yield from _unknown(f"kvValues[{path}]", what, values, given[path].keys)
            if missing := [key for key in given[path].keys if key not in values]:
                yield (
                    f"{NAMESPACE}:kvValues[{path}]: lacks {', '.join(missing)}; an entry is given "
                    "whole or not at all, or one that is in use would be taken away; fix: give "
                    "what is missing, or remove the rest"
                )


def _obeyed(kv: KvSettings, plan: Plan) -> Iterator[str]:
    """Also where nothing is delivered: what one stack takes, the next one must."""
    for path, key in sorted(in_double_quotes(plan)):
        if key in kv.obeyed.get(path, ()):
            yield (
                f"{NAMESPACE}:kvValues[{path}]: {key} holds a double quote, $, a backtick, a "
                "backslash or a line's end, and a shell that sources it between double quotes "
                "would obey it; fix: have a value issued without these, or deliver it with "
                "Quoting.SINGLE in components/delivery/deliveries.py"
            )


def _lifetimes(settings: Settings, plan: Plan) -> Iterator[str]:
    longest = max((role.max_ttl_seconds for role in plan.pki_roles), default=0)
    intermediate = settings.pki.intermediate_ttl
    if longest > intermediate.seconds:
        yield (
            f"{NAMESPACE}:pkiIntermediateTtl: must outlive the certificates it signs: "
            f"{intermediate} is below {Duration(longest)}; fix: pulumi config set "
            f"{NAMESPACE}:pkiIntermediateTtl 26280h"
        )


def _unknown(key: str, what: str, names: Collection[str], known: Collection[str]) -> Iterator[str]:
    for name in sorted(set(names) - set(known)):
        near = difflib.get_close_matches(name, known, n=1)
        others = f"write one of {', '.join(sorted(known))}, or " if known else ""
        fix = f"rename it to {near[0]!r}, or " if near else others
        yield f"{NAMESPACE}:{key}: {name!r} is no {what}; fix: {fix}remove it"
