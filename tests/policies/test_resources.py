"""`policies.resources`: what an application has; entries whole, names that everyone keeps."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from policies.environments import EVERYWHERE, Environment
from policies.iam import Allow
from policies.lifetime import Duration
from policies.postgresql import DatabaseAccess
from policies.resources import (
    AwsCloudRole,
    AzureCloudRole,
    GcpCloudRole,
    KvEntry,
    PostgresDatabase,
    StaticUser,
)
from policies.schedule import Cron

HOUR = Duration(3600)
ALLOW = (Allow(("s3:GetObject",), ("arn:aws:s3:::x/*",)),)


def test_an_entry_is_made_at_random_or_given_as_a_whole() -> None:
    given, made = KvEntry.given("shop/keys", "a", "b"), KvEntry.random("shop/jwt", "c")
    assert (given.keys, given.generated_length) == (("a", "b"), None)
    assert (made.keys, made.generated_length) == (("c",), 48)
    assert given.environments == made.environments == EVERYWHERE
    assert KvEntry.random("shop/jwt", "c", length=64).generated_length == 64


def test_an_entry_exists_where_it_says() -> None:
    dev = frozenset({Environment.DEV})
    assert KvEntry.given("shop/keys", "a", environments=dev).environments == dev
    assert KvEntry.random("shop/keys", "a", environments=dev).environments == dev


def test_a_folder_is_no_entry() -> None:
    with pytest.raises(
        ValueError,
        match=r"KV entry 'shop/\*': must be one entry, not a folder; write its full path",
    ):
        KvEntry.given("shop/*", "a")


@pytest.mark.parametrize(("keys", "has"), [((), "none"), (("a", "b", "a"), "a, b, a")])
def test_an_entry_without_keys_or_with_one_twice_is_refused(
    keys: tuple[str, ...], has: str
) -> None:
    with pytest.raises(
        ValueError, match=f"KV entry 'shop/x': must hold keys, each once; it has {has}$"
    ):
        KvEntry.given("shop/x", *keys)
    with pytest.raises(ValueError, match="must hold keys, each once"):
        KvEntry.random("shop/x", *keys)


@pytest.mark.parametrize("length", [0, 8, 31])
def test_a_random_value_that_could_be_guessed_is_refused(length: int) -> None:
    with pytest.raises(
        ValueError,
        match=f"KV entry 'shop/jwt': random values must have at least 32 characters, "
        f"not {length}; write 48",
    ):
        KvEntry.random("shop/jwt", "c", length=length)
    assert KvEntry.random("shop/jwt", "c", length=32).generated_length == 32


@pytest.mark.parametrize(
    ("kind", "build"),
    [
        ("database", lambda name: PostgresDatabase(name, "owner")),
        ("database owner", lambda name: PostgresDatabase("shop", name)),
        ("schema", lambda name: PostgresDatabase("shop", "owner", name)),
        ("cloud role", lambda name: AwsCloudRole(name, ALLOW)),
        ("cloud role", lambda name: GcpCloudRole(name, "x@y.iam.gserviceaccount.com")),
        ("cloud role", lambda name: AzureCloudRole(name, (("Reader", "/subscriptions/x"),))),
    ],
)
@pytest.mark.parametrize("name", ['"; DROP ROLE x', "Shop", "*", "shop/*", "+", "shop'"])
def test_a_name_that_needs_escaping_or_is_a_wildcard_is_refused(
    kind: str, build: Callable[[str], object], name: str
) -> None:
    with pytest.raises(ValueError, match=r"must be lower-case letters.*; write '") as caught:
        build(name)
    assert str(caught.value).startswith(f"{kind} {name!r}: ")


def test_a_database_name_is_short_enough_for_its_groups_to_differ() -> None:
    """Else a read-only user would be in the read/write group, or the other way round."""
    longest = PostgresDatabase("d" * 53, "owner")
    for access in DatabaseAccess:
        assert len(f"{longest.name}_{access.value}") <= 63
    with pytest.raises(
        ValueError,
        match=r"database 'd{54}': must be at most 53 characters: PostgreSQL cuts names at 63.*; "
        r"write 'd{53}'$",
    ):
        PostgresDatabase("d" * 54, "owner")


@pytest.mark.parametrize("name", ["report", "reads-all", "r"])
def test_a_static_user_has_a_name_of_its_own(name: str) -> None:
    assert StaticUser(name, HOUR).name == name
    assert StaticUser(name, Cron("0 * * * *")).name == name


@pytest.mark.parametrize("access", DatabaseAccess)
def test_a_static_user_is_not_called_as_issued_ones_are(access: DatabaseAccess) -> None:
    """Else its role would be theirs."""
    with pytest.raises(ValueError, match="is what a role of issued users is called") as caught:
        StaticUser(access.value, HOUR)
    assert str(caught.value).startswith(f"static user '{access.value}': ")


@pytest.mark.parametrize("name", ["Report", "report*", "report/x", ""])
def test_a_static_users_name_is_one_that_everyone_keeps(name: str) -> None:
    with pytest.raises(ValueError, match=rf"^static user {re.escape(repr(name))}: must be lower"):
        StaticUser(name, HOUR)


def test_a_static_users_password_stays_long_enough_to_be_used() -> None:
    with pytest.raises(
        ValueError,
        match="static user 'report': must not rotate more often than every 1h, and does every 59m",
    ):
        StaticUser("report", Duration(3599))


@pytest.mark.parametrize(
    "build",
    [
        lambda text: GcpCloudRole("shop", text),
        lambda text: AzureCloudRole("shop", (("Reader", "/subscriptions/x"), ("Reader", text))),
    ],
)
@pytest.mark.parametrize("place", ["env", "account", "Environment", "0", ""])
def test_a_placeholder_that_nobody_fills_cannot_be_written(
    build: Callable[[str], object], place: str
) -> None:
    text = f"/x-{{environment}}/{{{place}}}"
    with pytest.raises(ValueError, match="stands for nothing") as caught:
        build(text)
    assert str(caught.value) == (
        f"cloud role 'shop': {{{place}}} in {text!r} stands for nothing; write {{environment}} or "
        "nothing"
    )


def test_the_environment_can_be_written_into_a_cloud_role() -> None:
    account = "shop-{environment}@example.iam.gserviceaccount.com"
    assert GcpCloudRole("shop", account).service_account == account
    scope = "/subscriptions/x/resourceGroups/shop-{environment}"
    assert AzureCloudRole("shop", (("Reader", scope),)).assignments == (("Reader", scope),)
    assert AzureCloudRole("shop", (("Reader", "/subscriptions/x"),))
