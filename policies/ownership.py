"""Whose is which path of Vault: what shows a reviewer that somebody reaches for another's.

An application owns its secrets, its database and cloud roles, and its certificates. People and the
platform own no path. This says nothing of who is granted what.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from policies import paths
from policies.grants import Pki
from policies.model import Application
from policies.paths import SecretPath
from policies.plan import Member, Owner
from policies.postgresql import DatabaseAccess
from policies.stanzas import engine_of
from policies.subject import Subject


def owners_in(subjects: Iterable[Subject]) -> Iterator[Owner]:
    """Every application with a workload in this environment, the people, and the platform."""
    owner = attrgetter("owner")
    for name, group in groupby(sorted(subjects, key=owner), key=owner):
        members = list(group)
        application = members[0].application
        yield Owner(
            name=name,
            team=members[0].team,
            members=tuple(sorted(_members(members), key=lambda member: member.workload)),
            paths=tuple(sorted(set(_paths(application, members)))) if application else (),
        )


def _members(subjects: Iterable[Subject]) -> Iterator[Member]:
    for subject in subjects:
        yield Member(subject.label, subject.role)


def _paths(application: Application, subjects: Iterable[Subject]) -> Iterator[str]:
    for folder in (application.name, f"{paths.DEPLOY}/{application.name}"):
        yield SecretPath(f"{folder}/*").anywhere
    if application.database:
        for access in DatabaseAccess:
            yield paths.database_credentials(f"{application.name}-{access.value}")
        for user in application.database.static_users:
            yield paths.static_credentials(f"{application.name}-{user.name}")
    for role in application.cloud_roles:
        yield paths.cloud_credentials(engine_of(role), role.name)
    for subject in subjects:
        if any(isinstance(grant, Pki) for grant in subject.grants):
            yield paths.pki_issue(subject.pki_role)
