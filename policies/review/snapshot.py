"""Rendered files -> what they say. One side of a review: a plan as it was checked in, read as data.

It runs nothing of the side that it reads, and parses an ACL policy only when somebody asks for it:
of thousands most are equal on both sides.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, get_args, get_type_hints

import msgspec

from policies import paths
from policies.environments import Environment
from policies.hcl import HclError, Stanza, parse
from policies.plan import (
    AppRoleRole,
    AwsRole,
    AzureRole,
    DatabaseConnection,
    DatabaseRole,
    DatabaseStaticRole,
    GcpRole,
    KubernetesRole,
    KvSecret,
    OidcRole,
    Owner,
    PkiRole,
    Plan,
    Rotation,
    TokenSettings,
)
from policies.rendering import files_of

LoginRole = KubernetesRole | AppRoleRole | OidcRole
_METHODS: Mapping[type[LoginRole], str] = {
    KubernetesRole: paths.KUBERNETES_AUTH,
    AppRoleRole: paths.APPROLE_AUTH,
    OidcRole: paths.OIDC_AUTH,
}
_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?")


class SnapshotError(ValueError):
    """Files that are no rendered plan. Names the file, what is wrong, and the repair."""


@dataclass(frozen=True)
class Snapshot:
    """One environment as its rendered files say it. Its tuples are those of `Plan`, by the same
    names; ACL policies are texts.
    """

    side: str
    """How messages name it: `base (origin/main)`."""
    environment: Environment
    policies: Mapping[str, str]
    """Name of an ACL policy -> its HCL."""
    owners: tuple[Owner, ...] = ()
    kubernetes_roles: tuple[KubernetesRole, ...] = ()
    approle_roles: tuple[AppRoleRole, ...] = ()
    oidc_roles: tuple[OidcRole, ...] = ()
    database_connections: tuple[DatabaseConnection, ...] = ()
    database_roles: tuple[DatabaseRole, ...] = ()
    database_static_roles: tuple[DatabaseStaticRole, ...] = ()
    aws_roles: tuple[AwsRole, ...] = ()
    gcp_roles: tuple[GcpRole, ...] = ()
    azure_roles: tuple[AzureRole, ...] = ()
    pki_roles: tuple[PkiRole, ...] = ()
    kv_entries: tuple[KvSecret, ...] = ()
    rotations: tuple[Rotation, ...] = ()

    def stanzas(self, policy: str) -> tuple[Stanza, ...]:
        """Of one ACL policy; none where there is no such policy, as Vault has it.

        Raises `SnapshotError` where Vault would refuse the text, with line and column.
        """
        if policy not in self._parsed:
            self._parsed[policy] = self._parse(policy)
        return self._parsed[policy]

    @cached_property
    def _parsed(self) -> dict[str, tuple[Stanza, ...]]:
        return {}

    def _parse(self, policy: str) -> tuple[Stanza, ...]:
        try:
            return parse(self.policies.get(policy, ""))
        except HclError as error:
            raise SnapshotError(
                f"{self.side}, {self.environment.value}/acl/{policy}.hcl: {error}; "
                "fix: python -m policies render"
            ) from None

    @cached_property
    def workloads(self) -> Mapping[str, Workload]:
        """Everyone who can log in, by label (`kubesentiment/api`), sorted. A role that no owner
        names is called as itself; a second role of one label has its method beside it, so that none
        hides another.
        """
        labels: dict[str, tuple[str, Owner | None]] = {
            member.role: (member.workload, owner)
            for owner in self.owners
            for member in owner.members
        }
        roles: tuple[LoginRole, ...] = self.kubernetes_roles
        roles += self.approle_roles + self.oidc_roles
        found = dict[str, Workload]()
        for role in roles:
            label, owner = labels.get(role.name, (role.name, None))
            if label in found:
                label = f"{label} ({_METHODS[type(role)]})"
            found[label] = Workload(label, owner, role)
        return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Workload:
    label: str
    owner: Owner | None
    role: LoginRole

    @property
    def token(self) -> TokenSettings:
        return self.role.token


def empty(environment: Environment, side: str) -> Snapshot:
    """An environment that is not there yet, or not any more."""
    return Snapshot(side, environment, {})


def of_plan(plan: Plan, side: str) -> Snapshot:
    """The snapshot that a plan's files would give."""
    return read(files_of(plan), side)[plan.environment]


def read(files: Mapping[str, str], side: str) -> dict[Environment, Snapshot]:
    """`files`: name below `rendered/` -> text.

    Raises `SnapshotError` where there are none, or where one is not what `render` writes.
    """
    if not files:
        raise SnapshotError(
            f"{side}: has no rendered plan under policies/rendered/; "
            "fix: compare with a commit that has, or run python -m policies render and commit it"
        )
    sorted_out = dict[Environment, dict[str, str]]()
    for name, text in files.items():
        folder, _, rest = name.partition("/")
        try:
            sorted_out.setdefault(Environment(folder), {})[rest] = text
        except ValueError:
            raise SnapshotError(
                f"{side}, {name}: {folder!r} is no environment "
                f"({', '.join(e.value for e in Environment)}); remove it"
            ) from None
    return {one: _snapshot(one, texts, side) for one, texts in sorted_out.items()}


def _snapshot(environment: Environment, texts: Mapping[str, str], side: str) -> Snapshot:
    policies = dict[str, str]()
    tables = dict[str, Any]()
    for name, text in sorted(texts.items()):
        where = f"{side}, {environment.value}/{name}"
        if name.startswith("acl/") and name.endswith(".hcl"):
            policy = name.removeprefix("acl/").removesuffix(".hcl")
            _refuse_names((policy,), where)
            policies[policy] = text
        elif name.endswith(".json") and (kind := name.removesuffix(".json")) in _KINDS:
            tables[kind] = _table(text, _KINDS[kind], where)
            _refuse_names(_names_in(tables[kind]), where)
        else:
            raise SnapshotError(
                f"{where}: nothing that a plan is rendered to; fix: python -m policies render"
            )
    _refuse_members_twice(tables.get("owners", ()), f"{side}, {environment.value}/owners.json")
    return Snapshot(side, environment, policies, **tables)


def _names_in(things: Iterable[Any]) -> Iterator[str]:
    """All but those of entries, which are paths."""
    for thing in things:
        match thing:
            case KvSecret():
                continue
            case KubernetesRole() | AppRoleRole() | OidcRole():
                yield from thing.token.policies
            case DatabaseConnection():
                yield from thing.allowed_roles
            case DatabaseStaticRole():
                yield from (thing.connection, thing.username)
            case Rotation():
                yield from (thing.role, thing.service_account, thing.namespace)
            case Owner():
                for member in thing.members:
                    yield member.role
                    yield from member.workload.split("/")
            case _:
                pass
        yield thing.name


def _refuse_names(names: Iterable[str], where: str) -> None:
    """Vault lower-cases the names of ACL policies and strips blanks: `Admin` would be read here as
    a policy that is not there, and be `admin` in Vault. Of two names that look alike a reader sees
    one, and of a wildcard nobody sees what it takes in.
    """
    for name in names:
        if not _NAME.fullmatch(name):
            raise SnapshotError(
                f"{where}: {name!a} is no name (lower-case letters, digits, and hyphens within): "
                "Vault or a reader would take it for another; fix: python -m policies render"
            )


def _refuse_members_twice(owners: Iterable[Owner], where: str) -> None:
    """Whose a role is, and how a workload is called, has one answer: none hides another."""
    members = [member for owner in owners for member in owner.members]
    for what, names in (
        ("role", [member.role for member in members]),
        ("workload", [member.workload for member in members]),
    ):
        for name, times in Counter(names).items():
            if times > 1:
                raise SnapshotError(
                    f"{where}: the {what} {name} is there {times} times, and hides another; "
                    "fix: python -m policies render"
                )


def _table(text: str, kind: type[Any], where: str) -> tuple[Any, ...]:
    try:
        given = msgspec.json.decode(text)
        things: list[Any] = msgspec.convert(given, list[kind])  # type: ignore[valid-type]
    except (msgspec.MsgspecError, RecursionError) as error:
        raise SnapshotError(f"{where}: {error}; fix: python -m policies render") from None
    for number, (raw, thing) in enumerate(zip(given, msgspec.to_builtins(things), strict=True)):
        if unknown := _unknown(raw, thing):
            raise SnapshotError(
                f"{where}: entry {number} ({thing['name']}) has the unknown key {unknown}; "
                "fix: python -m policies render"
            )
        if below := _negative(raw):
            raise SnapshotError(
                f"{where}: entry {number} ({thing['name']}) has a {below} of less than nothing; "
                "fix: python -m policies render"
            )
    names = [thing.name for thing in things]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SnapshotError(
            f"{where}: {twice} is there twice, and hides another; fix: python -m policies render"
        )
    return tuple(things)


def _negative(given: Any) -> str | None:
    """The first key with a number below nothing, however deep."""
    if isinstance(given, dict):
        for key, value in given.items():
            if (isinstance(value, int) and value < 0) or _negative(value):
                return str(key)
    return None


def _unknown(given: Any, taken: Any) -> str | None:
    """The first key that is given and was not taken, however deep."""
    if isinstance(given, dict):
        for key, value in given.items():
            if key not in taken:
                return str(key)
            if deeper := _unknown(value, taken[key]):
                return deeper
    elif isinstance(given, list):
        return next(filter(None, map(_unknown, given, taken)), None)
    return None


_KINDS: Mapping[str, type[Any]] = {
    name: get_args(hint)[0]
    for name, hint in get_type_hints(Plan).items()
    if name not in ("environment", "acl_policies")
}
