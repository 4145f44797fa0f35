"""A KMS that refuses what AWS refuses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest
from moto.core.exceptions import JsonRESTError

from rehearsal.servers.aws_process import require_usable


def key(state: str) -> Any:
    return cast("Any", SimpleNamespace(key_state=state, arn="arn:aws:kms:key/k1"))


def test_an_enabled_key_may_be_used() -> None:
    require_usable(key("Enabled"))


@pytest.mark.parametrize(
    ("state", "error"),
    [("Disabled", "DisabledException"), ("PendingDeletion", "KMSInvalidStateException")],
)
def test_another_says_what_it_is(state: str, error: str) -> None:
    with pytest.raises(JsonRESTError) as refused:
        require_usable(key(state))
    assert error in str(refused.value.description) or refused.value.error_type == error
    assert "arn:aws:kms:key/k1" in str(refused.value.description)
