"""Whose what is: which application an ACL policy and an identity belong to, by the access matrix.

What the matrix does not know is nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from policies.environments import Environment
from policies.identities import AppRole, OidcGroup, ServiceAccount
from policies.matrix import MATRIX
from policies.subject import Subject, subjects_in


@dataclass(frozen=True, slots=True)
class Ownership:
    """Of one environment. Every value is an application's name, or `people`."""

    environment: Environment
    policies: dict[str, str]
    service_accounts: dict[tuple[str, str], str]
    """(namespace, name) -> owner."""
    approles: dict[str, str]
    """Role -> owner."""
    groups: dict[str, str]

    def of_policy(self, name: str) -> str | None:
        return self.policies.get(name)


@cache
def ownership(environment: Environment) -> Ownership:
    subjects = subjects_in(MATRIX, environment)
    return Ownership(
        environment,
        {subject.acl_policy: subject.owner for subject in subjects},
        dict(_service_accounts(subjects, environment)),
        {
            subject.role: subject.owner
            for subject in subjects
            if isinstance(subject.workload.identity, AppRole)
        },
        {
            subject.workload.identity.bound_group(environment): subject.owner
            for subject in subjects
            if isinstance(subject.workload.identity, OidcGroup)
        },
    )


def _service_accounts(
    subjects: tuple[Subject, ...], environment: Environment
) -> Iterator[tuple[tuple[str, str], str]]:
    for subject in subjects:
        identity = subject.workload.identity
        if isinstance(identity, ServiceAccount):
            yield (identity.bound_namespace(environment), identity.name), subject.owner
