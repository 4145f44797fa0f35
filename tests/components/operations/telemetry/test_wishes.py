"""The decision record's names, each answered by what Vault exports."""

from __future__ import annotations

from components.operations.telemetry.metrics import METRICS
from components.operations.telemetry.wishes import WISHES

# As the decision record lists them.
WISHED = {
    "vault_core_unsealed",
    "vault_token_count",
    "vault_secret_kv_count",
    "vault_request_duration_seconds",
    "vault_requests_total",
    "vault_auth_login_total",
    "vault_auth_login_failures_total",
    "vault_policy_violations_total",
}


def test_every_name_is_answered_and_none_twice() -> None:
    assert len(WISHES) == len(WISHED)
    assert {wish.name for wish in WISHES} == WISHED


def test_the_answers_are_in_the_table() -> None:
    for wish in WISHES:
        assert wish.answered_by
        assert set(wish.answered_by) <= set(METRICS)


def test_those_that_exist_are_answered_by_themselves() -> None:
    assert {wish.name for wish in WISHES if wish.exists} == {
        "vault_core_unsealed",
        "vault_secret_kv_count",
        "vault_token_count",
    }
