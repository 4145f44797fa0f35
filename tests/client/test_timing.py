"""What the periods are by default, and which do not fit each other."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from vaultstack_client import ConfigurationError, Timing


def test_the_defaults_are_the_decision_records() -> None:
    timing = Timing()
    assert timing.check_every == timedelta(seconds=60)
    assert timing.renew_token_below == timedelta(seconds=300)
    assert timing.renew_token_at == 0.5
    assert timing.reissue_database_below == timedelta(seconds=600)


@pytest.mark.parametrize("name", [each.name for each in fields(Timing)])
def test_no_period_is_nothing(name: str) -> None:
    changed: dict[str, Any] = {name: 0 if name == "renew_token_at" else timedelta(0)}
    with pytest.raises(ConfigurationError, match=rf"timing {name} \(0.*\): must be"):
        Timing(**changed)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"secret_fresh_for": timedelta(hours=2)}, "secret_fresh_for.*not be longer than serve_st"),
        ({"first_backoff": timedelta(minutes=2)}, "first_backoff.*not be longer than greatest_bac"),
        ({"renew_token_at": 1.0}, "renew_token_at.*must be a share between 0 and 1"),
    ],
)
def test_periods_fit_each_other(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Timing(**changed)
