"""`vaultstack_jobs.connection`: the client's answers and errors, as the jobs tell them apart."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.client.fake_vault import QUICK, SEALED, FakeVault, serving
from vaultstack_jobs import connection
from vaultstack_jobs.connection import Connection, connected
from vaultstack_jobs.outcomes import ConfigurationError
from vaultstack_jobs.strict import VaultPart
from vaultstack_jobs.vault import VaultError, VaultRefusedError, VaultUncertainError


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeVault]:
    monkeypatch.setattr(connection, "_TIMING", QUICK)
    with serving(FakeVault()) as running:
        yield running


def part(vault: FakeVault, folder: Path) -> VaultPart:
    file = folder / "token"
    file.write_text("a-service-accounts-token")
    return VaultPart(address=vault.address, ca_file=None, role="app", token_file=str(file))


@pytest.fixture
def connected_(vault: FakeVault, tmp_path: Path) -> Iterator[Connection]:
    with connected(part(vault, tmp_path)) as made:
        yield made


def test_nobody_is_asked_before_there_is_something_to_ask(vault: FakeVault, tmp_path: Path) -> None:
    with connected(part(vault, tmp_path)):
        assert vault.requests == []


def test_an_answer_comes_back_whole(vault: FakeVault, connected_: Connection) -> None:
    vault.answers["pki/config/issuers"] = (200, {"data": {"default": "a"}, "warnings": ["w"]})
    answer = connected_.request("GET", "pki/config/issuers")
    assert answer["data"] == {"default": "a"}
    assert answer["warnings"] == ["w"]


def test_body_and_headers_are_sent(vault: FakeVault, connected_: Connection) -> None:
    vault.answers["some/path"] = (200, {})
    connected_.request("POST", "some/path", {"a": 1}, headers={"X-Vault-Wrap-TTL": "60s"})
    assert vault.bodies[-1] == {"a": 1}
    assert {k.lower(): v for k, v in vault.headers[-1].items()}["x-vault-wrap-ttl"] == "60s"


def test_one_version_of_a_secret_is_read(vault: FakeVault, connected_: Connection) -> None:
    vault.write("app/api", key="one")
    vault.write("app/api", key="two")
    assert connected_.secret("app/api", 1) == {"key": "one"}


def test_who_it_is_is_vaults_to_say(vault: FakeVault, connected_: Connection) -> None:
    vault.answers["auth/token/lookup-self"] = (200, {"data": {"display_name": "kubernetes-app"}})
    assert connected_.who() == "kubernetes-app"


@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_refusal_keeps_status_and_reason(
    vault: FakeVault, connected_: Connection, status: int
) -> None:
    reason = "check-and-set parameter did not match the current version"
    vault.answers["some/path"] = (status, {"errors": [reason]})
    with pytest.raises(VaultRefusedError, match=reason) as raised:
        connected_.request("PATCH", "some/path", {"value": "hidden-value"})
    assert raised.value.status == status
    assert "hidden-value" not in repr(raised.value)


def test_what_is_denied_is_refused(vault: FakeVault, connected_: Connection) -> None:
    vault.denied.add("some/path")
    with pytest.raises(VaultRefusedError, match="some/path") as raised:
        connected_.request("POST", "some/path", {})
    assert raised.value.status == 403


def test_a_vault_that_fails_may_have_done_it_and_is_asked_once(
    vault: FakeVault, connected_: Connection
) -> None:
    vault.answers["some/path"] = (500, {"errors": ["internal error"]})
    with pytest.raises(VaultUncertainError, match="may have been carried out"):
        connected_.request("POST", "some/path", {})
    assert vault.requests.count(("POST", "some/path")) == 1


def test_a_vault_that_stays_sealed_is_uncertain(vault: FakeVault, connected_: Connection) -> None:
    vault.answers["some/path"] = SEALED
    with pytest.raises(VaultUncertainError, match="sealed"):
        connected_.request("POST", "some/path", {})


def test_a_missing_token_is_named(vault: FakeVault, tmp_path: Path) -> None:
    there = part(vault, tmp_path)
    Path(there.token_file).unlink()
    with connected(there) as made, pytest.raises(VaultError, match=there.token_file):
        made.who()


def test_an_address_that_cannot_be_used_is_the_configurations_fault(tmp_path: Path) -> None:
    plain = VaultPart(
        address="http://vault.example.internal:8200",
        ca_file=None,
        role="app",
        token_file=str(tmp_path / "token"),
    )
    with (
        pytest.raises(ConfigurationError, match=r"vault: address .*must be https"),
        connected(plain),
    ):
        pass


def test_the_token_ends_with_it_and_no_thread_is_left(vault: FakeVault, tmp_path: Path) -> None:
    vault.write("app/api", key="one")
    with connected(part(vault, tmp_path)) as made:
        made.secret("app/api", 1)
        assert len(vault.tokens) == 1
    assert ("POST", "auth/token/revoke-self") in vault.requests
    assert not [thread for thread in threading.enumerate() if "vaultstack" in thread.name]
