"""The background thread: when it wakes, what it looks after, and that it ends."""

from __future__ import annotations

import threading
import time

import pytest

from tests.client.fake_vault import FakeVault, Mode, settings_for, without_waiting
from tests.clock import wait_until
from vaultstack_client import Secret, VaultClient
from vaultstack_client.keeper import Keeper
from vaultstack_client.kv import SecretAt

API = SecretAt("media-catalog/api")
ROLE = "app-readonly"
USER = f"database/creds/{ROLE}"
LOOKUP = "auth/token/lookup-self"
RENEW = "sys/leases/renew"


def keeper_of(client: VaultClient) -> Keeper:
    return client._parts.keeper


def due_in(client: VaultClient) -> float:
    """Seconds until the thread has something to do."""
    return keeper_of(client)._due(client._parts.store) - client._clock.now().steady


def test_it_sleeps_until_there_is_something_to_do(vault: FakeVault, client: VaultClient) -> None:
    client.get_secret(API.secret)
    client.get_secret(API.secret)
    assert 42 < due_in(client) <= 48
    for _ in range(3):
        vault.clock.pass_(20)
    wait_until(lambda: vault.asked(API.path) == 2)


def test_a_secret_nobody_asks_for_is_left_alone(vault: FakeVault, client: VaultClient) -> None:
    client.get_secret(API.secret)
    assert 58 < due_in(client) <= 60
    vault.clock.pass_(61)
    wait_until(lambda: vault.asked(LOOKUP) == 1)
    assert vault.asked(API.path) == 1


def test_the_token_is_checked_every_minute(vault: FakeVault, client: VaultClient) -> None:
    """So that a revoked one, and credentials that ended with it, are noticed."""
    first = client.get_database_credentials(ROLE)
    told: list[str] = []
    client.on_new_credentials(ROLE, lambda new: told.append(new.username))
    for token in list(vault.tokens):
        vault.revoke_token(token)
    assert client.get_database_credentials(ROLE) == first
    vault.clock.pass_(61)
    wait_until(lambda: bool(told))
    assert client.get_database_credentials(ROLE).username == told[0] != first.username


def test_leases_are_renewed_though_nobody_asks(vault: FakeVault, client: VaultClient) -> None:
    """An application may have put them into a pool at its start."""
    first = client.get_database_credentials(ROLE)
    for _ in range(5):
        renewed = vault.asked(RENEW)
        vault.clock.pass_(3100)
        wait_until(lambda before=renewed: vault.asked(RENEW) > before)  # type: ignore[misc]
    assert vault.asked(USER) == 1
    assert first.lease_id in vault.leases


def test_an_outage_is_tried_with_pauses(vault: FakeVault, client: VaultClient) -> None:
    client.get_secret(API.secret)
    client.get_secret(API.secret)
    vault.mode = Mode.DROPPING
    vault.clock.pass_(50)
    wait_until(lambda: client.status().vault_away)
    began, before = time.monotonic(), len(vault.requests)
    time.sleep(0.5)
    asked = len(vault.requests) - before
    often = asked / (time.monotonic() - began)
    assert often < 120, "a second: with pauses of 25 to 50 ms here, 2 s by default"
    vault.mode = Mode.WELL
    wait_until(lambda: not client.status().vault_away)


def test_a_watched_secret_that_is_missing_is_looked_for(
    vault: FakeVault, client: VaultClient
) -> None:
    told: list[Secret] = []
    client.on_secret_change("app/later", told.append)
    wait_until(lambda: "must exist" in (client.status().last_error or ""))
    assert vault.asked("secret/data/app/later") == 1
    vault.write("app/later", key="value")
    vault.clock.pass_(61)
    wait_until(lambda: bool(told))
    assert told[0]["key"] == "value"
    assert client.status().last_error is None


def test_a_watched_secret_that_is_deleted_and_made_anew_is_news(
    vault: FakeVault, client: VaultClient
) -> None:
    told: list[Secret] = []
    client.get_secret(API.secret)
    client.on_secret_change(API.secret, told.append)
    entry = vault.entries.pop(API.secret)
    vault.clock.pass_(61)
    wait_until(lambda: vault.asked(API.path) >= 2)
    vault.entries[API.secret] = entry
    vault.clock.pass_(61)
    wait_until(lambda: bool(told))
    assert told[0].version == 1


def test_credentials_that_were_denied_for_a_while_come_back_by_themselves(
    vault: FakeVault, client: VaultClient
) -> None:
    """To an application that does not ask again, because it counts on being told."""
    told: list[str] = []
    first = client.get_database_credentials(ROLE)
    client.on_new_credentials(ROLE, lambda new: told.append(new.username))
    vault.denied |= {RENEW, USER}
    vault.clock.pass_(3100)
    wait_until(lambda: USER in (client.status().last_error or ""))
    vault.denied.clear()
    vault.clock.pass_(61)
    wait_until(lambda: bool(told))
    assert told != [first.username]


def test_a_role_that_is_gone_is_asked_for_with_pauses_until_it_is_back(
    vault: FakeVault, client: VaultClient
) -> None:
    told: list[str] = []
    first = client.get_database_credentials(ROLE)
    client.on_new_credentials(ROLE, lambda new: told.append(new.username))
    vault.denied.add(RENEW)
    vault.database_roles.clear()
    vault.clock.pass_(3100)
    wait_until(lambda: "unknown role" in (client.status().last_error or ""))
    before = vault.asked(USER)
    threading.Event().wait(0.5)
    assert vault.asked(USER) - before < 10, "with pauses of 10 ms here that double up to a minute"
    assert client.get_database_credentials(ROLE) == first
    vault.database_roles.add(ROLE)
    vault.clock.pass_(61)
    wait_until(lambda: bool(told))
    assert client.get_database_credentials(ROLE).username == told[0] != first.username
    assert client.status().last_error is None


def test_everybody_is_told_in_turn(vault: FakeVault, client: VaultClient) -> None:
    order: list[str] = []
    client.on_secret_change(API.secret, lambda _: order.append("first"))
    client.on_secret_change(API.secret, lambda _: order.append("second"))
    wait_until(lambda: vault.asked(API.path) == 1)
    vault.write(API.secret, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    wait_until(lambda: len(order) == 2)
    assert order == ["first", "second"]


def test_a_callback_may_ask_the_client(vault: FakeVault, client: VaultClient) -> None:
    seen: list[str] = []
    client.on_secret_change(
        API.secret, lambda _: seen.append(client.get_secret(API.secret)["jwt_secret"])
    )
    wait_until(lambda: vault.asked(API.path) == 1)
    vault.write(API.secret, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    wait_until(lambda: bool(seen))
    assert seen == ["hidden-3"]


def test_what_an_application_found_itself_is_told_too(
    vault: FakeVault, client: VaultClient
) -> None:
    told: list[Secret] = []
    client.get_secret(API.secret)
    client.on_secret_change(API.secret, told.append)
    wait_until(lambda: keeper_of(client).running)
    vault.write(API.secret, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    client.get_secret(API.secret)
    wait_until(lambda: len(told) == 1)


def test_calls_do_without_it(vault: FakeVault, client: VaultClient) -> None:
    """While a callback hangs, nothing is served that has ended."""
    hanging, release = threading.Event(), threading.Event()

    def hang(_: Secret) -> None:
        hanging.set()
        release.wait(120)

    client.on_secret_change(API.secret, hang)
    first = client.get_database_credentials(ROLE)
    wait_until(lambda: vault.asked(API.path) == 1)
    vault.write(API.secret, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    wait_until(hanging.is_set)
    vault.write(API.secret, jwt_secret="hidden-4")
    vault.clock.pass_(3700)
    assert client.get_secret(API.secret)["jwt_secret"] == "hidden-4"
    assert client.get_database_credentials(ROLE).username != first.username
    release.set()


def test_it_survives_a_fault_of_its_own(
    vault: FakeVault, client: VaultClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.get_secret(API.secret)
    keeper = keeper_of(client)

    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(keeper, "_keep_token", fail)
    vault.clock.pass_(61)
    wait_until(lambda: "ZeroDivisionError" in (client.status().last_error or ""))
    monkeypatch.undo()
    vault.clock.pass_(61)
    wait_until(lambda: client.status().last_error is None)


def test_one_thread_that_is_no_daemon(vault: FakeVault) -> None:
    with VaultClient(settings_for(vault)) as client:
        assert not keeper_of(client).running
        for _ in range(3):
            client.get_secret(API.secret)
        threads = [each for each in threading.enumerate() if each.name == "vaultstack-client"]
        assert [each.daemon for each in threads] == [False]
    assert not threads[0].is_alive()


def test_a_callback_that_never_comes_back_does_not_hold_up_closing(
    vault: FakeVault, caplog: pytest.LogCaptureFixture
) -> None:
    client = VaultClient(settings_for(vault), clock=vault.clock)
    hanging, release = threading.Event(), threading.Event()

    def hang(_: Secret) -> None:
        hanging.set()
        release.wait(120)

    client.on_secret_change(API.secret, hang)
    wait_until(lambda: vault.asked(API.path) == 1)
    vault.write(API.secret, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    wait_until(hanging.is_set)
    with without_waiting():  # for the callback, but for as long as the deadline
        client.close()
    assert vault.tokens == {}
    assert "a callback has not come back" in caplog.text
    release.set()
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == "vaultstack-client"])
