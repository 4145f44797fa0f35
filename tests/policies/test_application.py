"""`policies.application`: what PostgreSQL and the messages call what an application has.

What else must not be built is asked together with the matrix (`test_model`).
"""

from __future__ import annotations

import re

import pytest

from policies.application import Application
from policies.grants import Cloud, DatabaseStatic, Grant
from policies.identities import ServiceAccount
from policies.lifetime import Duration
from policies.resources import AwsCloudRole, PostgresDatabase, StaticUser
from policies.workload import Workload

DAY = Duration.parse("24h")
LONGEST = 63
"""Characters of a name in PostgreSQL, which cuts what is longer."""


def application(
    *users: str, name: str = "shop", grants: tuple[Grant, ...] = (), roles: tuple[str, ...] = ()
) -> Application:
    return Application(
        name,
        "team",
        (Workload("api", ServiceAccount(name, "api"), grants),) if grants else (),
        database=PostgresDatabase(
            "shop", "keeper", static_users=tuple(StaticUser(user, DAY) for user in users)
        ),
        cloud_roles=tuple(AwsCloudRole(role, ()) for role in roles),
    )


def test_a_static_user_is_called_by_both_names_and_that_must_not_be_too_long() -> None:
    """PostgreSQL would cut it, and two users would be one, each with the other's password."""
    name, user = "a" * 30, "b" * 32
    made = application(user, name=name)
    assert made.database
    assert len(f"{name}-{user}") == LONGEST
    with pytest.raises(ValueError, match=rf"^static user '{name}-{user}b': .* at most 63"):
        application("first", f"{user}b", name=name)


@pytest.mark.parametrize(
    ("grant", "users", "roles", "known"),
    [
        (DatabaseStatic("x"), (), (), "static user; its static users: none"),
        (DatabaseStatic("x"), ("a", "b"), (), "static user; its static users: a, b"),
        (Cloud("x"), (), (), "cloud role; its roles: none"),
        (Cloud("x"), (), ("a", "b"), "cloud role; its roles: a, b"),
    ],
)
def test_what_there_is_to_grant_instead_is_named(
    grant: Grant, users: tuple[str, ...], roles: tuple[str, ...], known: str
) -> None:
    with pytest.raises(ValueError, match=f"no such {re.escape(known)}$"):
        application(*users, grants=(grant,), roles=roles)
