"""What an application holds: mappings, and no value in what is shown."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Mapping
from dataclasses import FrozenInstanceError, asdict, astuple, dataclass, is_dataclass, replace
from datetime import UTC, datetime
from typing import Any

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
    Status,
    VaultClientError,
)
from vaultstack_client.groups import Group
from vaultstack_client.sources import Origin, Values

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


RESULTS = (
    SECRET,
    DatabaseCredentials("user", "hidden", "lease", THEN),
    StaticDatabaseCredentials("user", "hidden", THEN),
    AwsCredentials("key", "hidden", "hidden", "lease", THEN),
    GcpToken("hidden", THEN),
    AzureCredentials("id", "hidden", "lease", THEN),
    Certificate("public", "hidden", ("public",), "01", THEN),
    Values(Group("api", "media-catalog/api", ("jwt_secret",)), Origin.VAULT, SECRET),
)


@dataclass
class Holder:
    """An application's own, which it turns into JSON."""

    result: object


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_no_value_is_shown(result: object) -> None:
    for shown in (
        repr(result),
        str(result),
        f"{result}",
        repr([result]),
        repr(copy.copy([result])),
    ):
        assert "hidden" not in shown
        assert "guard" not in shown


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
@pytest.mark.parametrize("take", [asdict, astuple, copy.deepcopy, pickle.dumps])
def test_what_takes_everything_apart_is_refused(result: Any, take: Callable[[Any], object]) -> None:
    if take in (asdict, astuple):
        result = Holder(result)  # which also goes through what is no dataclass itself
    with pytest.raises(TypeError, match=r"must not be copied, pickled.*or reveal\(\)"):
        take(result)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: type(result).__name__)
def test_who_means_to_show_all_says_so(result: Any) -> None:
    assert "hidden" in result.reveal().values()
    assert "guard" not in result.reveal()


@pytest.mark.parametrize(
    "result", [each for each in RESULTS if is_dataclass(each)], ids=lambda r: type(r).__name__
)
def test_none_can_be_changed_and_what_is_new_is_as_silent(result: Any) -> None:
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        result.version = 4
    with pytest.raises(TypeError, match="reveal"):
        pickle.dumps(replace(result))
    assert copy.copy(result) == result == replace(result)


def test_status_is_plain() -> None:
    status = Status(None, False, 0, 0, 0, 0, 0, False, None)
    assert asdict(status)["hits"] == 0
    assert pickle.loads(pickle.dumps(status)) == status
