"""Databases of the matrix -> the plan's connections, and roles of users that are made for a lease
or that stay. What nobody is granted is not there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policies import postgresql
from policies.grants import Database, DatabaseStatic
from policies.plan import DatabaseConnection, DatabaseRole, DatabaseStaticRole
from policies.schedule import Cron
from policies.subject import Subject


def connections(subjects: Iterable[Subject]) -> Iterator[DatabaseConnection]:
    """One for each application with a database that somebody may use."""
    allowed: dict[str, set[str]] = {}
    databases: dict[str, str] = {}
    for subject in subjects:
        for grant in subject.grants:
            match grant:
                case Database(access=access):
                    role = subject.database_role(access)
                case DatabaseStatic(user=user):
                    role = subject.static_role(user)
                case _:
                    continue
            if subject.application and subject.application.database:
                databases[subject.application.name] = subject.application.database.name
                allowed.setdefault(subject.application.name, set()).add(role)
    for name, database in databases.items():
        yield DatabaseConnection(name, database, tuple(sorted(allowed[name])))


def roles(subjects: Iterable[Subject]) -> Iterator[DatabaseRole]:
    """Of the users that somebody may have made."""
    seen: set[str] = set()
    for subject in subjects:
        lifetime = subject.matrix.lifetimes.database
        for grant in subject.grants:
            if not (isinstance(grant, Database) and subject.application):
                continue
            database, name = subject.application.database, subject.database_role(grant.access)
            if database is None or name in seen:
                continue
            seen.add(name)
            yield DatabaseRole(
                name=name,
                connection=subject.application.name,
                statements=postgresql.statements(
                    database=database.name,
                    owner=database.owner,
                    schema=database.schema,
                    access=grant.access,
                ),
                default_ttl_seconds=lifetime.default.seconds,
                max_ttl_seconds=lifetime.maximum.seconds,
            )


def static_roles(subjects: Iterable[Subject]) -> Iterator[DatabaseStaticRole]:
    """Of the users that somebody may read the password of."""
    seen: set[str] = set()
    for subject in subjects:
        for grant in subject.grants:
            if not (isinstance(grant, DatabaseStatic) and subject.application):
                continue
            database, name = subject.application.database, subject.static_role(grant.user)
            if database is None or name in seen:
                continue
            seen.add(name)
            rotates = next(u.rotates for u in database.static_users if u.name == grant.user)
            yield DatabaseStaticRole(
                name=name,
                connection=subject.application.name,
                username=name,
                schedule=rotates.text if isinstance(rotates, Cron) else "",
                period_seconds=0 if isinstance(rotates, Cron) else rotates.seconds,
            )
