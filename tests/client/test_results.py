"""What an application holds: mappings, and no value in what is shown."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime

import pytest

from vaultstack_client import (
    AwsCredentials,
    AzureCredentials,
    Certificate,
    DatabaseCredentials,
    GcpToken,
    MissingKey,
    Secret,
    StaticDatabaseCredentials,
    VaultClientError,
)

THEN = datetime(2026, 11, 22, tzinfo=UTC)
SECRET = Secret("media-catalog/api", 3, THEN, {"jwt_secret": "hidden", "other": "hidden"})


def test_a_secret_is_a_mapping() -> None:
    assert isinstance(SECRET, Mapping)
    assert SECRET["jwt_secret"] == "hidden"
    assert SECRET.get("nothing") is None
    assert SECRET.get("nothing", "x") == "x"
    assert "nothing" not in SECRET
    assert list(SECRET) == ["jwt_secret", "other"]
    assert len(SECRET) == 2
    assert SECRET == {"jwt_secret": "hidden", "other": "hidden"}
    assert SECRET.reveal() == dict(SECRET)


def test_a_missing_key_names_path_version_key_and_the_keys_there() -> None:
    with pytest.raises(MissingKey) as caught:
        SECRET["tmdb_api_key"]
    assert str(caught.value) == (
        "secret 'media-catalog/api', version 3: must have the key 'tmdb_api_key'; the keys there "
        "are jwt_secret, other; add it with 'vault kv patch', or ask for one of those"
    )
    assert isinstance(caught.value, KeyError)
    assert isinstance(caught.value, VaultClientError)
    assert caught.value.__context__ is None


@pytest.mark.parametrize(
    "result",
    [
        SECRET,
        DatabaseCredentials("user", "hidden", "lease", THEN),
        StaticDatabaseCredentials("user", "hidden", THEN),
        AwsCredentials("key", "hidden", "hidden", "lease", THEN),
        GcpToken("hidden", THEN),
        AzureCredentials("id", "hidden", "lease", THEN),
        Certificate("public", "hidden", ("public",), "01", THEN),
    ],
    ids=lambda result: type(result).__name__,
)
def test_no_value_is_shown_and_none_can_be_changed(result: object) -> None:
    assert "hidden" not in repr(result)
    assert "hidden" not in str(result)
    assert "hidden" not in f"{result}"
    assert "hidden" not in repr(copy.copy(result))
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        result.version = 4  # type: ignore[attr-defined]
