"""Fields that mean the same are the same, and a field of a newer Vault passes while it is empty."""

from __future__ import annotations

from typing import Any

import pytest

from attest.fields import Detail, details
from attest.kinds import Kind


@pytest.mark.parametrize(
    ("declared", "live"),
    [
        ({"a": ["x", "y"]}, {"a": ["y", "x"]}),
        ({"a": 5000}, {"a": 5000.0}),
        ({"a": []}, {"a": None}),
        ({"a": ""}, {}),
        ({}, {"new_in_vault": "", "flag": False, "list": [], "object": {}, "number": 0}),
        ({"policy_document": '{"A": 1,"B":[]}'}, {"policy_document": '{"B": [], "A": 1}'}),
        ({"config": {"ttl": 0}}, {"config": {"ttl": 0, "force_no_cache": False}}),
    ],
)
def test_these_are_the_same(declared: dict[str, Any], live: dict[str, Any]) -> None:
    assert details(Kind.AWS_ROLE, declared, live) == ()


@pytest.mark.parametrize(
    ("declared", "live", "told"),
    [
        ({}, {"new_in_vault": "on"}, Detail("new_in_vault", "", "on")),
        ({"a": True}, {"a": False}, Detail("a", "yes", "")),
        ({"a": True}, {}, Detail("a", "yes", "")),
        ({"o": {"a": 1}}, {"o": {"a": 1, "b": 2}}, Detail("o.b", "", "2")),
        ({"a": ["x"]}, {"a": ["x", "*"]}, Detail("a", "x", "*\nx")),
    ],
)
def test_these_differ(declared: dict[str, Any], live: dict[str, Any], told: Detail) -> None:
    assert details(Kind.AWS_ROLE, declared, live) == (told,)


def test_a_default_of_vaults_own_is_nothing_but_another_value_is_told() -> None:
    assert details(Kind.KUBERNETES_ROLE, {}, {"token_type": "default"}) == ()
    (one,) = details(Kind.KUBERNETES_ROLE, {}, {"token_type": "batch"})
    assert (one.declared, one.live) == ("default", "batch")
    # An older Vault that has no such field says nothing of it.
    assert details(Kind.RATE_LIMIT, {}, {}) == ()


def test_what_vault_calls_a_thing_is_no_difference() -> None:
    assert details(Kind.MOUNT, {}, {"accessor": "kv_1", "uuid": "2", "running_sha256": ""}) == ()
    assert details(Kind.STATIC_ROLE, {}, {"last_vault_rotation": "yesterday"}) == ()


def test_azures_own_word_for_a_role_is_no_difference() -> None:
    declared = {"azure_roles": [{"role_name": "Reader", "scope": "/s"}]}
    live = {"azure_roles": [{"role_name": "Reader", "scope": "/s", "role_id": "/x"}]}
    assert details(Kind.AZURE_ROLE, declared, live) == ()


def test_an_engine_that_is_not_vaults_own_program_is_told() -> None:
    """Its program may stand in the catalog under the name of one that is built in."""
    (one,) = details(Kind.MOUNT, {}, {"running_sha256": "0f3a"})
    assert (one.what, one.live) == ("running_sha256", "0f3a")


def test_a_certificate_is_the_same_whatever_stands_around_it() -> None:
    declared, live = ({"ca": f"-----BEGIN CERTIFICATE-----\nx\n{end}"} for end in ("", "\n"))
    assert details(Kind.SETTING, declared, live) == ()
