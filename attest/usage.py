"""Which grants the audit log shows in use, and which not; and who was let in by a policy that the
matrix does not have.

A rule counts as used where an entry names its ACL policy as the granting one, and the policy
decides the entry's path by that rule. What is not in the log says nothing of what was before it: so
the log's time span stands beside the answer, and nothing here is a difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from attest.errors import UsageError
from policies.acl import Acl, Symbolic
from policies.audit_log import AuditLogError, Entry, EntryType, read
from policies.plan import Plan
from policies.review.snapshot import LoginRole

_EVERY_TOKEN: Final = "every token"
"""The comment of rules that no grant asks for."""
_VAULTS: Final = frozenset({"root", "default", "response-wrapping"})


@dataclass(frozen=True, slots=True)
class Unused:
    """A rule that nothing in the log needed."""

    workload: str
    grant: str
    """As the matrix has it, with its reason."""
    path: str
    capabilities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Foreign:
    """Accesses that a policy allowed which the matrix lacks."""

    policy: str
    path: str
    """One of them."""
    entries: int


@dataclass(frozen=True, slots=True)
class Usage:
    files: tuple[str, ...]
    entries: int
    first: datetime | None
    last: datetime | None
    """The time that the log spans; none where it is empty."""
    used: int
    unused: tuple[Unused, ...]
    foreign: tuple[Foreign, ...]


def usage(plan: Plan, provisioners: Collection[str], files: Iterable[Path]) -> Usage:
    """Reads the files in turn. `provisioners`: ACL policies of those that configure Vault.

    Raises `UsageError` for a file that is no audit log.
    """
    names, counter = list[str](), _Counting(plan, provisioners)
    for file in files:
        names.append(file.name)
        try:
            with file.open(encoding="utf-8") as lines:
                for entry in read(lines):
                    counter.see(entry)
        except UnicodeDecodeError:
            raise UsageError(
                f"--audit-log {file}: is no text; one that is compressed unpack first (gunzip)"
            ) from None
        except (OSError, AuditLogError) as error:
            raise UsageError(
                f"--audit-log {file}: {getattr(error, 'strerror', None) or error}"
            ) from None
    return counter.result(tuple(names))


class _Counting:
    def __init__(self, plan: Plan, provisioners: Collection[str]) -> None:
        self._plan = plan
        self._own = _VAULTS.union(provisioners)
        self._acls = {
            one.name: Acl({one.name: one.stanzas}, Symbolic()) for one in plan.acl_policies
        }
        self._labels = _labels(plan)
        self._used = set[tuple[str, str]]()
        self._foreign = Counter[str]()
        self._where = dict[str, str]()
        self._seen = set[str]()
        self._entries = 0
        self._first: datetime | None = None
        self._last: datetime | None = None

    def see(self, entry: Entry) -> None:
        self._first = min(filter(None, (self._first, entry.time)))
        self._last = max(filter(None, (self._last, entry.time)))
        # A question for help has no id: of its two entries the first one counts.
        again = entry.id in self._seen if entry.id else entry.type is EntryType.RESPONSE
        if again or not entry.allowed:
            return
        self._entries += 1
        if entry.id:
            self._seen.add(entry.id)
        for policy in entry.granting_policies:
            if acl := self._acls.get(policy):
                rule = acl.rule(entry.path, listing=entry.operation == "list")
                if rule is not None:
                    self._used.add((policy, rule.pattern.text))
            elif policy not in self._own:
                self._foreign[policy] += 1
                self._where.setdefault(policy, entry.path)

    def result(self, files: tuple[str, ...]) -> Usage:
        unused = tuple(
            Unused(
                self._labels.get(policy.name, policy.name),
                stanza.comment.partition(": ")[2],
                stanza.path,
                tuple(one.value for one in stanza.capabilities),
            )
            for policy in self._plan.acl_policies
            for stanza in policy.stanzas
            if stanza.comment != _EVERY_TOKEN and (policy.name, stanza.path) not in self._used
        )
        foreign = tuple(
            Foreign(policy, self._where[policy], count)
            for policy, count in sorted(self._foreign.items())
        )
        used = len(self._used)
        return Usage(files, self._entries, self._first, self._last, used, unused, foreign)


def _labels(plan: Plan) -> Mapping[str, str]:
    """ACL policy -> the workload whose it is."""
    members = {one.role: one.workload for owner in plan.owners for one in owner.members}
    roles: tuple[LoginRole, ...] = plan.kubernetes_roles
    roles += plan.approle_roles + plan.oidc_roles
    return {
        policy: members.get(role.name, role.name)
        for role in roles
        for policy in role.token.policies
    }
