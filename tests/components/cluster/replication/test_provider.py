"""Replication is enabled, extended and ended; and refused, before anything, where it cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from components.cluster.replication.primary import ReplicationError
from components.cluster.replication.provider import TOKEN_VARIABLE, DrPrimaryProvider
from tests.components.bootstrap.fake_vault import serving
from tests.components.cluster.replication.fake_enterprise import DR, TOKEN, FakeEnterprise

CLUSTER = "https://vault.example.com:8201"


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeEnterprise]:
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    enterprise = FakeEnterprise()
    with serving(enterprise):
        yield enterprise


def inputs(
    vault: FakeEnterprise, cluster_address: str = CLUSTER, **secondaries: str
) -> dict[str, Any]:
    return {
        "address": vault.address,
        "ca_cert_file": "",
        "cluster_address": cluster_address,
        "secondaries": json.dumps(secondaries, sort_keys=True),
        "timeout_seconds": 0.5,
    }


def created(vault: FakeEnterprise, **secondaries: str) -> dict[str, Any]:
    return dict(DrPrimaryProvider().create(inputs(vault, **secondaries)).outs or {})


def updated(olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    return dict(DrPrimaryProvider().update("id", olds, news).outs or {})


def test_it_becomes_the_primary_and_says_what_secondaries_begin_with(
    vault: FakeEnterprise,
) -> None:
    outs = created(vault, eu="key-of-eu", us="key-of-us")
    assert (vault.mode, vault.cluster_address) == ("primary", CLUSTER)
    assert vault.secondaries == {"eu": "key-of-eu", "us": "key-of-us"}
    assert outs["activations"] == {
        "eu": "encrypted-for-key-of-eu",
        "us": "encrypted-for-key-of-us",
    }
    # Neither the operator's token nor one that is wrapped instead of encrypted.
    assert TOKEN not in json.dumps(outs)
    assert all("secondary_public_key" in body for body in vault.bodies if "id" in body)


def test_the_servers_may_know_their_address_themselves(vault: FakeEnterprise) -> None:
    DrPrimaryProvider().create(inputs(vault, ""))
    assert vault.mode == "primary"
    assert {} in vault.bodies


def test_one_that_is_the_primary_already_is_taken_as_it_is(vault: FakeEnterprise) -> None:
    vault.mode, vault.cluster_address = "primary", CLUSTER
    created(vault, eu="key-of-eu")
    assert f"{DR}/primary/enable" not in vault.writes
    assert vault.secondaries == {"eu": "key-of-eu"}


def test_only_what_changed_is_issued_anew(vault: FakeEnterprise) -> None:
    olds = created(vault, eu="key-of-eu", us="key-of-us", ap="key-of-ap")
    vault.requests.clear()
    news = inputs(vault, eu="key-of-eu", us="another-key", sa="key-of-sa")
    assert DrPrimaryProvider().diff("id", olds, news).changes
    outs = updated(olds, news)
    assert vault.secondaries == {"eu": "key-of-eu", "us": "another-key", "sa": "key-of-sa"}
    assert outs["activations"].keys() == {"eu", "us", "sa"}
    assert outs["activations"]["us"] == "encrypted-for-another-key"
    assert vault.writes == [
        *[f"{DR}/primary/revoke-secondary"] * 2,
        *[f"{DR}/primary/secondary-token"] * 2,
    ]


def test_nothing_changed_is_no_difference(vault: FakeEnterprise) -> None:
    olds = created(vault, eu="key-of-eu")
    assert not DrPrimaryProvider().diff("id", olds, inputs(vault, eu="key-of-eu")).changes


def test_destroying_ends_it(vault: FakeEnterprise) -> None:
    DrPrimaryProvider().delete("id", created(vault))
    assert vault.mode == "disabled"
    DrPrimaryProvider().delete("id", inputs(vault))  # and is no error where it ended already
    assert vault.mode == "disabled"


def community(vault: FakeEnterprise, _: pytest.MonkeyPatch) -> None:
    vault.version, vault.enterprise = "1.21.0", False


def sealed(vault: FakeEnterprise, _: pytest.MonkeyPatch) -> None:
    vault.sealed = True


def new(vault: FakeEnterprise, _: pytest.MonkeyPatch) -> None:
    vault.initialised, vault.sealed = False, True


def tokenless(_: FakeEnterprise, patch: pytest.MonkeyPatch) -> None:
    patch.delenv(TOKEN_VARIABLE)


def forbidden(_: FakeEnterprise, patch: pytest.MonkeyPatch) -> None:
    patch.setenv(TOKEN_VARIABLE, "hvs.somebody-hidden")


def licence_without(vault: FakeEnterprise, _: pytest.MonkeyPatch) -> None:
    vault.features = ["HSM"]


def secondary(vault: FakeEnterprise, _: pytest.MonkeyPatch) -> None:
    vault.mode = "secondary"


def elsewhere(vault: FakeEnterprise, _: pytest.MonkeyPatch) -> None:
    vault.mode, vault.cluster_address = "primary", "https://other.example.com:8201"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            community,
            (
                r"^vaultstack:replicationRole: 'primary' needs Vault Enterprise .* Community "
                r"edition 1\.21\.0; fix: .*replicationRole none.* Nothing was changed$"
            ),
        ),
        (sealed, r"replicationRole: .* is sealed; fix: unseal it"),
        (new, r"replicationRole: .* is not initialised; fix: .*first `up`"),
        (tokenless, rf"replicationRole: .*{TOKEN_VARIABLE} is not set; fix: .*sudo"),
        (
            forbidden,
            r"(?s)^sys/license/status: .*permission denied.*; fix: the token must have sudo",
        ),
        (licence_without, r"replicationRole: .*licence for DR Replication.* has it not; fix: "),
        (secondary, r"replicationRole: .* is secondary in replication.*; fix: promote it"),
        (elsewhere, r"replicationClusterAddress: .*already, at 'https://other.*; fix: set it"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_changed(
    vault: FakeEnterprise,
    monkeypatch: pytest.MonkeyPatch,
    fault: Callable[[FakeEnterprise, pytest.MonkeyPatch], None],
    said: str,
) -> None:
    fault(vault, monkeypatch)
    with pytest.raises(ReplicationError, match=said) as refused:
        created(vault, eu="key-of-eu")
    assert vault.writes == []
    assert "hidden" not in str(refused.value)


def test_a_community_server_is_told_from_a_forgotten_token(
    vault: FakeEnterprise, monkeypatch: pytest.MonkeyPatch
) -> None:
    community(vault, monkeypatch)
    tokenless(vault, monkeypatch)
    with pytest.raises(ReplicationError, match="is the Community edition"):
        created(vault)
