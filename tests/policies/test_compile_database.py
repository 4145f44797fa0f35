"""`policies.compile_database`: what the plan has of databases is what somebody is granted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policies.compile_database import connections, roles, static_roles
from policies.environments import Environment
from policies.grants import Database, DatabaseStatic, Grant, RenewSelf
from policies.identities import ServiceAccount
from policies.lifetime import Duration
from policies.matrix import MATRIX
from policies.model import Application
from policies.plan import DatabaseConnection, DatabaseRole, DatabaseStaticRole
from policies.postgresql import DatabaseAccess, statements
from policies.resources import PostgresDatabase, StaticUser
from policies.schedule import Cron
from policies.subject import Subject, subjects_in
from policies.workload import Workload

USERS = (StaticUser("report", Cron("0 3 * * 1")), StaticUser("sync", Duration.parse("24h")))


def shop(*grants: Grant, more: tuple[Grant, ...] = ()) -> tuple[Subject, ...]:
    """Two workloads with the same grants, and more for the second."""
    application = Application(
        "shop",
        "team",
        tuple(
            Workload(name, ServiceAccount("shop", name), (RenewSelf(), *grants, *added))
            for name, added in (("api", ()), ("batch", more))
        ),
        database=PostgresDatabase("shop-db", "keeper", static_users=USERS),
    )
    return subjects_in(replace(MATRIX, applications=(*MATRIX.applications, application)), PROD)


PROD = Environment.PROD


def of_shop(found: object) -> list[object]:
    return [one for one in found if one.name.startswith("shop")]  # type: ignore[attr-defined]


def test_without_a_grant_there_is_nothing() -> None:
    subjects = shop()
    for made in (connections(subjects), roles(subjects), static_roles(subjects)):
        assert of_shop(made) == []


def test_a_user_that_stays_is_called_the_same_in_vault_and_in_postgresql() -> None:
    subjects = shop(DatabaseStatic("report"), DatabaseStatic("sync"))
    assert of_shop(static_roles(subjects)) == [
        DatabaseStaticRole("shop-report", "shop", "shop-report", "0 3 * * 1", 0),
        DatabaseStaticRole("shop-sync", "shop", "shop-sync", "", 86400),
    ]
    assert of_shop(roles(subjects)) == []


def test_a_user_that_two_may_read_hides_none_that_one_may() -> None:
    subjects = shop(DatabaseStatic("report"), more=(DatabaseStatic("sync"),))
    assert [role.name for role in static_roles(subjects) if role.connection == "shop"] == [
        "shop-report",
        "shop-sync",
    ]


def test_a_connection_allows_the_roles_of_both_kinds() -> None:
    subjects = shop(Database(DatabaseAccess.READ_ONLY), DatabaseStatic("report"))
    assert of_shop(connections(subjects)) == [
        DatabaseConnection("shop", "shop-db", ("shop-readonly", "shop-report"))
    ]


def test_users_for_a_lease_are_made_by_one_role_whoever_asks() -> None:
    subjects = shop(DatabaseStatic("report"), Database(DatabaseAccess.READ_WRITE))
    lifetime = MATRIX.lifetimes.database
    assert of_shop(roles(subjects)) == [
        DatabaseRole(
            name="shop-readwrite",
            connection="shop",
            statements=statements(
                database="shop-db",
                owner="keeper",
                schema="public",
                access=DatabaseAccess.READ_WRITE,
            ),
            default_ttl_seconds=lifetime.default.seconds,
            max_ttl_seconds=lifetime.maximum.seconds,
        )
    ]


def test_a_user_that_nobody_may_read_is_not_vaults() -> None:
    assert of_shop(static_roles(shop(DatabaseStatic("report")))) == [
        DatabaseStaticRole("shop-report", "shop", "shop-report", "0 3 * * 1", 0)
    ]


@pytest.mark.parametrize("name", ["readonly", "readwrite"])
def test_a_user_is_not_called_as_a_role_of_users_for_a_lease(name: str) -> None:
    """Vault knows one name once, be it a role or a static role."""
    with pytest.raises(ValueError, match="is what a role of issued users is called") as caught:
        StaticUser(name, Cron("0 3 * * 1"))
    assert f"write such as '{name}-static'" in str(caught.value)


def test_a_user_that_rotates_too_often_is_refused() -> None:
    assert StaticUser("report", Duration.parse("1h"))
    with pytest.raises(ValueError, match="must not rotate more often than every 1h, and does"):
        StaticUser("report", Duration.parse("59m"))


def test_a_user_that_the_database_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no such static user; its static users: report, sync"):
        shop(DatabaseStatic("gone"))
