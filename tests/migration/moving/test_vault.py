"""Against a little Vault of the tests' own; tests/live/test_migration.py asks a real one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from migration.errors import Conflict, MigrationError
from migration.moving.places import Seen, Status
from migration.moving.vault import Vault
from policies.resources import KvEntry
from tests.migration.fake_vault import TOKEN, FakeVault, fake_vault

ENTRY = KvEntry.given("shop/mail", "user", "password")
DATA, METADATA = "secret/data/shop/mail", "secret/metadata/shop/mail"
BOTH = {"user": "u", "password": "p"}


@pytest.fixture
def server() -> Iterator[FakeVault]:
    with fake_vault() as made:
        yield made


@pytest.fixture
def vault(server: FakeVault) -> Vault:
    return Vault(server.address, None, TOKEN)


def test_nothing_there(vault: Vault) -> None:
    seen = vault.look(ENTRY, BOTH)
    assert seen == Seen("", {"user": Status.NEW, "password": Status.NEW})


def test_an_entry_that_is_there(server: FakeVault, vault: Vault) -> None:
    server.entries["shop/mail"] = [{"user": "u", "password": "other", "extra": "x"}]
    seen = vault.look(ENTRY, {"user": "u", "password": "p"})
    assert seen.statuses == {"user": Status.THERE, "password": Status.DIFFERS}
    assert (seen.version, set(seen.others), seen.deleted) == ("1", {"extra"}, False)


def test_a_deleted_entry(server: FakeVault, vault: Vault) -> None:
    server.entries["shop/mail"] = [BOTH, None]
    seen = vault.look(ENTRY, BOTH)
    assert (seen.version, seen.deleted) == ("2", True)


def test_who_may_not_read_sees_the_version(server: FakeVault, vault: Vault) -> None:
    server.entries["shop/mail"] = [BOTH]
    server.denied.add(("GET", DATA))
    seen = vault.look(ENTRY, {"password": "p"})
    assert seen == Seen("1", {"password": Status.UNREADABLE})


def test_who_may_not_read_and_nothing_is_there(server: FakeVault, vault: Vault) -> None:
    server.denied.add(("GET", DATA))
    assert vault.look(ENTRY, BOTH).version == ""


def test_who_may_see_nothing(server: FakeVault, vault: Vault) -> None:
    server.denied |= {("GET", DATA), ("GET", METADATA)}
    with pytest.raises(
        MigrationError, match=r"may see neither .* who-can secret/metadata/shop/mail"
    ):
        vault.look(ENTRY, BOTH)


def test_a_new_entry_is_made_at_version_none(server: FakeVault, vault: Vault) -> None:
    assert vault.write(ENTRY, BOTH, vault.look(ENTRY, BOTH)) == "1"
    assert server.entries["shop/mail"] == [BOTH]
    assert server.asked[-1] == ("POST", DATA, {"options": {"cas": 0}, "data": BOTH})


def test_only_what_differs_is_written_and_the_rest_stays(server: FakeVault, vault: Vault) -> None:
    server.entries["shop/mail"] = [{"user": "u", "password": "old", "extra": "x"}]
    assert vault.write(ENTRY, BOTH, vault.look(ENTRY, BOTH)) == "2"
    assert server.entries["shop/mail"][-1] == {"user": "u", "password": "p", "extra": "x"}
    assert server.asked[-1] == ("PATCH", DATA, {"options": {"cas": 1}, "data": {"password": "p"}})


def test_a_deleted_entry_is_written_anew(server: FakeVault, vault: Vault) -> None:
    server.entries["shop/mail"] = [{"user": "a"}, None]
    assert vault.write(ENTRY, BOTH, vault.look(ENTRY, BOTH)) == "3"
    assert server.entries["shop/mail"][-1] == BOTH


def test_a_write_in_between_wins(server: FakeVault, vault: Vault) -> None:
    seen = vault.look(ENTRY, BOTH)
    server.entries["shop/mail"] = [{"user": "somebody's"}]
    with pytest.raises(Conflict, match="somebody wrote it after version none was seen"):
        vault.write(ENTRY, BOTH, seen)
    assert server.entries["shop/mail"] == [{"user": "somebody's"}]


def test_a_deletion_in_between(server: FakeVault, vault: Vault) -> None:
    server.entries["shop/mail"] = [{"user": "u"}]
    seen = vault.look(ENTRY, BOTH)
    server.entries["shop/mail"] = [None]
    with pytest.raises(MigrationError, match="its last version was deleted"):
        vault.write(ENTRY, BOTH, seen)


@pytest.mark.parametrize(("there", "verb"), [([], "create"), ([{"user": "x"}], "patch")])
def test_who_may_not_write(
    server: FakeVault, vault: Vault, there: list[dict[str, str] | None], verb: str
) -> None:
    server.entries["shop/mail"] = there
    server.denied |= {("POST", DATA), ("PATCH", DATA)}
    with pytest.raises(MigrationError, match=f"may not {verb} it; .* who-can {DATA} {verb}"):
        vault.write(ENTRY, BOTH, vault.look(ENTRY, BOTH))


def test_a_sealed_vault(server: FakeVault, vault: Vault) -> None:
    server.broken = True
    with pytest.raises(MigrationError, match=r"answers 503 \(Vault is sealed\)"):
        vault.look(ENTRY, BOTH)


def test_a_vault_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        vault = Vault(f"http://127.0.0.1:{taken.getsockname()[1]}", None, TOKEN)
        with pytest.raises(MigrationError, match=r"cannot be reached \(ConnectionError\)"):
            vault.look(ENTRY, BOTH)


def test_a_token_that_is_refused(server: FakeVault) -> None:
    with pytest.raises(MigrationError, match="refuses the token; log in again") as caught:
        _ = Vault(server.address, None, "hidden").policies
    assert "hidden" not in str(caught.value)


def test_the_tokens_policies(server: FakeVault, vault: Vault) -> None:
    server.policies = ["a", "b"]
    assert vault.policies == ("a", "b")


@pytest.mark.parametrize(
    ("address", "ca_file", "text"),
    [
        ("vault:8200", None, "VAULT_ADDR: must be Vault's URL"),
        ("http://vault.example.com:8200", None, "VAULT_ADDR: must be https"),
        ("https://vault:8200", "/nowhere/ca.crt", "VAULT_CACERT: '/nowhere/ca.crt' is no file"),
    ],
)
def test_how_it_is_reached(address: str, ca_file: str | None, text: str) -> None:
    with pytest.raises(MigrationError, match=text):
        Vault(address, ca_file, TOKEN)


def test_a_redirect_takes_neither_token_nor_value_to_another_server(
    server: FakeVault, vault: Vault
) -> None:
    seen = vault.look(ENTRY, BOTH)
    with fake_vault() as other:
        server.sends_to = other.address
        with pytest.raises(MigrationError, match=f"sends on to {other.address}, .* VAULT_ADDR"):
            vault.write(ENTRY, BOTH, seen)
        assert other.asked == []


def test_neither_a_proxy_nor_a_netrc_is_used(
    server: FakeVault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password their-own\n")
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with fake_vault() as proxy:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, proxy.address)
        assert Vault(server.address, None, TOKEN).look(ENTRY, BOTH).version == ""
        assert proxy.asked == []
    assert set(server.passwords) == {None}


def test_the_token_comes_from_the_environment_or_an_agents_file(
    server: FakeVault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VAULT_ADDR", server.address)
    monkeypatch.delenv("VAULT_CACERT", raising=False)
    monkeypatch.setenv("VAULT_TOKEN", "not it")
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert Vault.from_environment(file).policies == ("root",)
    monkeypatch.setenv("VAULT_TOKEN", TOKEN)
    assert Vault.from_environment(None).policies == ("root",)


def test_no_token_and_no_address(
    server: FakeVault, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("VAULT_ADDR", server.address)
    monkeypatch.setenv("VAULT_TOKEN", "")
    with pytest.raises(MigrationError, match="no token: set VAULT_TOKEN"):
        Vault.from_environment(None)
    with pytest.raises(MigrationError, match="cannot be read; name an agent's"):
        Vault.from_environment(tmp_path / "missing")
    monkeypatch.delenv("VAULT_ADDR")
    with pytest.raises(MigrationError, match="VAULT_ADDR: is not set"):
        Vault.from_environment(None)
