"""What may become part of a URL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultstack_client import ConfigurationError
from vaultstack_client.names import check_path, check_role, check_secret_path


@pytest.mark.parametrize("path", ["a", "media-catalog/api", "a/b/c", "A_1/b.c", "team/x@y"])
def test_paths_as_applications_write_them(path: str) -> None:
    assert check_secret_path(path) == path


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("secret/data/media-catalog/api", "media-catalog/api"),
        ("secret/media-catalog/api", "media-catalog/api"),
        ("data/media-catalog/api", "media-catalog/api"),
        ("metadata/x", "x"),
    ],
)
def test_the_mount_and_its_infix_are_not_the_applications_business(path: str, written: str) -> None:
    with pytest.raises(ConfigurationError, match=f"without 'secret/'.*write '{written}'"):
        check_secret_path(path)


@pytest.mark.parametrize(
    "path", ["", "/a", "a/", "a//b", "../a", "a/../b", "a/.b", "a?b", "a#b", "ä"]
)
def test_paths_that_would_lead_elsewhere(path: str) -> None:
    with pytest.raises(ConfigurationError, match=r"must be segments joined by '/'.*write one such"):
        check_secret_path(path)


@given(st.text(max_size=12))
def test_no_accepted_name_can_change_the_url(text: str) -> None:
    for check in (check_secret_path, check_path, lambda text: check_role("role", text)):
        try:
            check(text)
        except ConfigurationError:
            continue
        assert not set(text) & set("?#%\\\n\r\t\0")
        assert not {"", ".", ".."} & set(text.split("/"))


@pytest.mark.parametrize("role", ["", "a/b", "../x", "-a", "a-", "a b", "ro?le"])
def test_roles(role: str) -> None:
    with pytest.raises(ConfigurationError, match=r"database role .*must be letters"):
        check_role("database role", role)
    assert check_role("database role", "kubesentiment-readwrite") == "kubesentiment-readwrite"
