"""Delivery + plan -> what its files are read from, refused unless the workload may read it: by
Vault's own ACL decision, before anything is deployed. Pure.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from components.delivery.files import (
    Certificate,
    CloudCredentials,
    DatabaseCredentials,
    Delivery,
    Source,
    StaticDatabaseUser,
)
from policies import paths
from policies.acl import Acl, Operation, Request
from policies.paths import SecretPath
from policies.plan import KubernetesRole, Plan

_CLOUD_KEYS: Final = {
    paths.AWS: ("access_key", "secret_key", "security_token"),
    paths.GCP: ("token", "expires_at_seconds", "token_ttl"),
    paths.AZURE: ("client_id", "client_secret"),
}
_DATABASE_KEYS: Final = ("username", "password")


class DeliveryError(ValueError):
    """A delivery that could not work, or that nobody granted. Names the key, the rule, the fix."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What is asked of Vault for one file."""

    request: Request
    keys: tuple[str, ...]
    """Of the answer."""
    later: tuple[str, ...]
    """Those among them that the first rotation brings."""
    leased: bool
    """Whether the answer ends by itself."""


def role_of(plan: Plan, delivery: Delivery) -> KubernetesRole:
    """The auth role that the workload's pods log in with. Raises `DeliveryError`."""
    roles = {member.workload: member.role for owner in plan.owners for member in owner.members}
    where, environment = f"delivery {delivery.workload!r}", plan.environment.value
    if delivery.workload not in roles:
        raise DeliveryError(
            f"{where}: the matrix has no such workload in {environment}; "
            f"{_instead(delivery.workload, roles)}"
        )
    name = roles[delivery.workload]
    for role in plan.kubernetes_roles:
        if role.name == name:
            return role
    raise DeliveryError(
        f"{where}: logs in as {name!r}, which no pod can: only a ServiceAccount is a pod's "
        "identity; deliver to a workload that has one"
    )


def readings(plan: Plan, delivery: Delivery) -> tuple[Reading, ...]:
    """One for each file, in their order. Raises `DeliveryError`."""
    role = role_of(plan, delivery)
    acl = Acl.of(
        {
            policy.name: policy.stanzas
            for policy in plan.acl_policies
            if policy.name in role.token.policies
        }
    )
    return tuple(_readings(plan, delivery, acl))


def _readings(plan: Plan, delivery: Delivery, acl: Acl) -> Iterator[Reading]:
    for file in delivery.files:
        where = f"delivery {delivery.workload!r}, file {file.name!r}"
        found = _reading(plan, where, file.source)
        decision = acl.decide(found.request, paths.PROTECTED_MOUNTS)
        if not decision.allowed:
            raise DeliveryError(
                f"{where}: the matrix does not grant {delivery.workload!r} to "
                f"{found.request.operation.value} {found.request.path} in "
                f"{plan.environment.value}: {decision.reason}; grant it in policies/matrix.py, or "
                "take the file away"
            )
        for key in file.content.keys:
            if key not in found.keys:
                raise DeliveryError(
                    f"{where}: {found.request.path} has no key {key!r}; {_instead(key, found.keys)}"
                )
        yield found


def _reading(plan: Plan, where: str, source: Source) -> Reading:
    match source:
        case SecretPath():
            entries = {entry.name: entry for entry in plan.kv_entries}
            _check(where, "KV entry", source.text, entries, plan)
            entry = entries[source.text]
            keys = (*entry.keys, *entry.kept_keys)
            return Reading(_read(source.data), keys, entry.kept_keys, leased=False)
        case DatabaseCredentials(role=role):
            _check(where, "database role", role, {one.name for one in plan.database_roles}, plan)
            path = paths.database_credentials(role)
            return Reading(_read(path), _DATABASE_KEYS, (), leased=True)
        case StaticDatabaseUser(role=role):
            users = {one.name for one in plan.database_static_roles}
            _check(where, "database user that stays", role, users, plan)
            path = paths.static_credentials(role)
            return Reading(_read(path), _DATABASE_KEYS, (), leased=True)
        case CloudCredentials(engine=engine, role=role):
            of_engine = {
                paths.AWS: {one.name for one in plan.aws_roles},
                paths.GCP: {one.name for one in plan.gcp_roles},
                paths.AZURE: {one.name for one in plan.azure_roles},
            }
            _check(where, f"{engine} role", role, of_engine[engine], plan)
            path = paths.cloud_credentials(engine, role)
            return Reading(_read(path), _CLOUD_KEYS[engine], (), leased=True)
        case Certificate(role=role):
            pki = {one.name: one for one in plan.pki_roles}
            _check(where, "PKI role", role, pki, plan)
            asked = {"common_name": pki[role].allowed_domains[0]}
            request = Request(Operation.UPDATE, paths.pki_issue(role), asked)
            return Reading(request, (), (), leased=True)


def _read(path: str) -> Request:
    return Request(Operation.READ, path)


def _check(where: str, what: str, name: str, known: Collection[str], plan: Plan) -> None:
    if name not in known:
        raise DeliveryError(
            f"{where}: the matrix has no {what} {name!r} in {plan.environment.value}; "
            f"{_instead(name, known)}"
        )


def _instead(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    if near:
        return f"write {near[0]!r}"
    return f"write one of {', '.join(sorted(known))}" if known else "take it away"
