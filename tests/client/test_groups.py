from __future__ import annotations

import pytest

from vaultstack_client.errors import ConfigurationError
from vaultstack_client.groups import Group, Groups, UnknownGroup

EXTERNAL = Group("external", "media-catalog/external", ("tmdb_api_key",), ("sentry_dsn",))
API = Group("api", "media-catalog/api", ("jwt_secret",), variables={"jwt_secret": "JWT_SECRET_KEY"})


def test_a_variable_is_path_and_key_in_capitals() -> None:
    assert EXTERNAL.variable("tmdb_api_key") == "MEDIA_CATALOG_EXTERNAL_TMDB_API_KEY"
    odd = Group("odd", "a-b/c.d", ("e-f",))
    assert odd.variable("e-f") == "A_B_C_D_E_F"


def test_a_variable_can_be_named() -> None:
    assert API.variable("jwt_secret") == "JWT_SECRET_KEY"


@pytest.mark.parametrize("name", ["", "External", "9", "a b", "a" * 64, 'a"', "é"])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(ConfigurationError, match="a name must be a small letter"):
        Group(name, "path", ("key",))


def test_the_longest_name() -> None:
    assert Group("a" * 63, "path", ("key",)).name == "a" * 63


@pytest.mark.parametrize(
    ("keys", "optional"), [((), ()), ((), ("a",)), (("a", "a"), ()), (("a",), ("a",))]
)
def test_keys_are_declared_once(keys: tuple[str, ...], optional: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="must have keys, each named once"):
        Group("group", "path", keys, optional)


def test_a_variable_for_no_key_is_an_error() -> None:
    with pytest.raises(ConfigurationError, match=r"`variables` must name keys .* 'jwt_secert'"):
        Group("api", "path", ("jwt_secret",), variables={"jwt_secert": "JWT"})


@pytest.mark.parametrize("variable", ["", "A-B", "A=B", "1A", "A B"])
def test_a_variable_has_a_name_that_it_can_have(variable: str) -> None:
    with pytest.raises(ConfigurationError, match="a name that a variable can have"):
        Group("api", "path", ("key",), variables={"key": variable})


def test_a_path_that_makes_no_variable_needs_one_by_name() -> None:
    with pytest.raises(ConfigurationError, match=r"'2FA_APP_KEY'.*give another"):
        Group("api", "2fa/app", ("key",))
    assert Group("api", "2fa/app", ("key",), variables={"key": "KEY"}).variable("key") == "KEY"


def test_two_groups_of_one_name() -> None:
    with pytest.raises(ConfigurationError, match="'api': names must be unique"):
        Groups([API, Group("api", "other", ("key",))])


@pytest.mark.parametrize(
    "groups",
    [
        [Group("one", "path", ("a-b", "a_b"))],
        [Group("one", "a", ("b_c",)), Group("two", "a/b", ("c",))],
        [API, Group("two", "a", ("b",), variables={"b": "JWT_SECRET_KEY"})],
    ],
)
def test_two_keys_of_one_variable_would_be_one_secret(groups: list[Group]) -> None:
    with pytest.raises(ConfigurationError, match=r"must hold one value, and is that of .* and of"):
        Groups(groups)


def test_an_unknown_group_is_told_with_those_that_there_are() -> None:
    groups = Groups([EXTERNAL, API])
    assert list(groups) == ["external", "api"]
    assert groups["api"] is API
    assert groups.get("externl") is None
    with pytest.raises(UnknownGroup) as caught:
        groups["externl"]
    assert str(caught.value) == (
        "group 'externl': must be declared, and declared are api, external; correct the name, or "
        "declare it"
    )


@pytest.mark.parametrize("path", ["", "/media", "secret/data/media-catalog/api", "a/../b"])
def test_a_path_is_one_that_can_be_asked_for(path: str) -> None:
    with pytest.raises(ConfigurationError, match="secret path"):
        Group("api", path, ("key",), variables={"key": "KEY"})
