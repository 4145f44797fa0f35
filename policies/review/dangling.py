"""What leads nowhere: a name of a policy, mount or role that is not there, a KV v2 path without its
infix, a database role that no connection allows.

It does no harm today, but whoever makes the thing later gives access that nobody reviews; or it is
a mistake, and its author believes to have granted something. Where a role takes up the name of an
ACL policy it is more than that: Vault may have the policy, and these files not (`default`, the
provisioner's, another environment's). What it gives cannot be told, so it is a high risk.

Only what the change brings about is told, be it that a rule came or that the thing went. An ACL
policy whose text did not change is parsed only if it names something that went.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from policies import paths
from policies.acl import Pattern
from policies.plan import DatabaseConnection, DatabaseRole, DatabaseStaticRole
from policies.review.model import Finding, Severity
from policies.review.sides import Sides, pieces
from policies.review.snapshot import Snapshot

_INFIXES: Final = ("config", "data", "delete", "destroy", "metadata", "subkeys", "undelete")
_WILD: Final = re.compile(r"[*+]|\{\{")
_CUBBYHOLE: Final = "cubbyhole"
"""The mount that every Vault has, and every token a part of."""
_ROOTS: Final = (*paths.ROOTS, _CUBBYHOLE)


@dataclass(frozen=True, slots=True)
class Dangling:
    """One thing that leads nowhere, and why."""

    rule: str
    title: str
    reason: str
    witness: str = ""
    severity: Severity = Severity.WARNING


_ROLES: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(form), table)
    for form, table in (
        (rf"{paths.DATABASE}/creds/([^/]+)", "database_roles"),
        (rf"{paths.DATABASE}/static-creds/([^/]+)", "database_static_roles"),
        (rf"{paths.AWS}/(?:creds|sts)/([^/]+)", "aws_roles"),
        (rf"{paths.AZURE}/creds/([^/]+)", "azure_roles"),
        (rf"{paths.GCP}/impersonated-account/([^/]+)/token", "gcp_roles"),
        (rf"{paths.PKI}/(?:issue|sign)/([^/]+)", "pki_roles"),
        (
            rf"auth/{paths.APPROLE_AUTH}/role/([^/]+)(?:/(?:role-id|(?:custom-)?secret-id))?",
            "approle_roles",
        ),
    )
)
"""Where a role's credentials are -> the table that must have the role."""


def dangling(sides: Sides) -> Iterator[Finding]:
    """What leads nowhere at the head and did not at the base."""
    base, head = _Names(sides.base), _Names(sides.head)
    yield from _policies_of_roles(base, head)
    for find in (_database_roles, _unused_policies):
        yield from _new(find, base, head)
    for name in _to_look_at(base, head):
        after = list(_rules(head, name))
        before = set(_rules(base, name)) if after else set[Dangling]()
        yield from (_finding(one) for one in after if one not in before)


class _Names:
    """One side's names, quickly found."""

    def __init__(self, side: Snapshot) -> None:
        self.side = side

    @cached_property
    def tables(self) -> Mapping[str, frozenset[str]]:
        return {
            table: frozenset(role.name for role in getattr(self.side, table)) for _, table in _ROLES
        }

    @cached_property
    def connections(self) -> Mapping[str, DatabaseConnection]:
        return {one.name: one for one in self.side.database_connections}

    @cached_property
    def named_policies(self) -> Mapping[str, list[str]]:
        """ACL policy -> the workloads whose roles name it."""
        found: dict[str, list[str]] = {}
        for workload in self.side.workloads.values():
            for name in workload.token.policies:
                found.setdefault(name, []).append(workload.label)
        return found


def _new(
    find: Callable[[_Names], Iterable[Dangling]], base: _Names, head: _Names
) -> Iterator[Finding]:
    before = set(find(base))
    for one in find(head):
        if one not in before:
            yield _finding(one)


def _finding(one: Dangling) -> Finding:
    return Finding(one.severity, f"dangling-{one.rule}", one.title, (one.reason,), one.witness)


def _policies_of_roles(base: _Names, head: _Names) -> Iterator[Finding]:
    """That a policy went takes from whoever had it; that a role names it now may give."""
    for name, labels in head.named_policies.items():
        if name in head.side.policies:
            continue
        before = () if name in base.side.policies else base.named_policies.get(name, ())
        had = base.named_policies.get(name, ())
        if taking := [label for label in labels if label not in had]:
            yield _finding(
                Dangling(
                    "policy-name",
                    f"{', '.join(taking)}: the role names the ACL policy {name}, which these "
                    "files do not have",
                    "what it gives cannot be told: Vault may have it from elsewhere (default, "
                    "the provisioner's, another environment's); if it has not, whoever writes a "
                    "policy of that name gives it to these tokens",
                    severity=Severity.HIGH,
                )
            )
        if left := [label for label in labels if label in had and label not in before]:
            yield _finding(
                Dangling(
                    "policy-name",
                    f"{', '.join(left)}: the role names the ACL policy {name}, which does not "
                    "exist any more",
                    "Vault takes a name without a policy for no rights; whoever writes a policy "
                    "of that name gives it to these tokens, and to those that are out already",
                )
            )


def _unused_policies(names: _Names) -> Iterator[Dangling]:
    for name in names.side.policies:
        if name not in names.named_policies:
            yield Dangling(
                "policy",
                f"no role names the ACL policy {name}",
                "it grants nothing; remove it, or name it in the role that it was meant for",
            )


def _database_roles(names: _Names) -> Iterator[Dangling]:
    for role in names.side.database_roles:
        yield from _not_allowed(names, "roles", role)
    for static in names.side.database_static_roles:
        yield from _not_allowed(names, "static-roles", static)


def _not_allowed(
    names: _Names, kind: str, role: DatabaseRole | DatabaseStaticRole
) -> Iterator[Dangling]:
    connection, where = names.connections.get(role.connection), f"database/{kind}/{role.name}"
    if connection is None:
        yield Dangling(
            "database-role",
            f"{where} is of the connection {role.connection}, which does not exist",
            "Vault makes no user for it",
        )
    elif role.name not in connection.allowed_roles:
        yield Dangling(
            "database-role",
            f"{where} is not among the allowed_roles of its connection {role.connection}",
            "Vault makes no user for it",
        )


def _to_look_at(base: _Names, head: _Names) -> Iterator[str]:
    """ACL policies that changed, or that may be about something that went."""
    went = {
        (table, name) for table, names in base.tables.items() for name in names - head.tables[table]
    }
    for name, text in head.side.policies.items():
        if base.side.policies.get(name) != text or (went and _may_name(text, went)):
            yield name


def _may_name(text: str, went: set[tuple[str, str]]) -> bool:
    if "\\" in text or "<<" in text:
        return True
    return any(
        (table, found[1]) in went
        for piece in pieces(text)
        for form, table in _ROLES
        if (found := form.fullmatch(piece.removeprefix("/")))
    )


def _rules(names: _Names, policy: str) -> Iterator[Dangling]:
    for stanza in names.side.stanzas(policy):
        path = Pattern.of(stanza.path).text
        yield from _mount(policy, path)
        yield from _infix(policy, path)
        for form, table in _ROLES:
            role = form.fullmatch(path)
            if role and not _WILD.search(role[1]) and role[1] not in names.tables[table]:
                yield Dangling(
                    "role",
                    f"ACL policy {policy}: {path} is about the role {role[1]}, which does not "
                    "exist",
                    f"{table}.json has no {role[1]}; whoever makes it gives its credentials to "
                    "this policy's holders",
                    path,
                )


def _mount(policy: str, path: str) -> Iterator[Dangling]:
    """A rule may begin with a wildcard, or end in one before the mount's name does."""
    first = _WILD.split(path)[0]
    served = any(path.startswith(f"{root}/") for root in _ROOTS)
    if not served and (first == path or not any(f"{root}/".startswith(first) for root in _ROOTS)):
        yield Dangling(
            "mount",
            f"ACL policy {policy}: {path} is on no mount",
            f"the mounts are {', '.join(_ROOTS)}; whoever mounts an engine there gives it to this "
            "policy's holders",
            path if first == path else "",
        )


def _infix(policy: str, path: str) -> Iterator[Dangling]:
    """KV v2 keeps nothing below its mount but behind an infix."""
    mount, _, rest = path.partition("/")
    infix = rest.split("/")[0]
    if mount != paths.KV or not rest:
        return
    if infix == "+" or any(_meets(infix, known) for known in _INFIXES):
        return
    yield Dangling(
        "infix",
        f"ACL policy {policy}: {path} lacks data/ or metadata/ after {paths.KV}/",
        f"{paths.KV} is KV v2, which has values behind {paths.KV}/data/ only; write "
        f"{paths.KV}/data/{rest}",
        path if not _WILD.search(path) else "",
    )


def _meets(infix: str, known: str) -> bool:
    return known.startswith(infix[:-1]) if infix.endswith("*") else infix == known
