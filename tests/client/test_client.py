"""What an application sees of the client, from the first call to the last."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.client.fake_vault import (
    FORBIDDEN,
    PASSWORD,
    PATIENT,
    FakeVault,
    Mode,
    settings_for,
    without_background,
    without_waiting,
)
from tests.clock import wait_until
from vaultstack_client import (
    AppRoleLogin,
    ClientClosed,
    ConfigurationError,
    DatabaseCredentials,
    LeaseExpired,
    LoginFailed,
    NotAllowed,
    NotFound,
    Refused,
    Secret,
    SecretDestroyed,
    Unavailable,
    VaultClient,
)
from vaultstack_client.client import _living

API = "media-catalog/api"
DATA = f"secret/data/{API}"
ROLE = "app-readonly"
USER = f"database/creds/{ROLE}"


def test_nothing_is_asked_before_the_first_call(vault: FakeVault) -> None:
    with VaultClient(settings_for(vault)) as client:
        assert vault.requests == []
        assert threading.active_count() == len(threading.enumerate())
        assert not client.status().logged_in
    assert vault.requests == []


def test_a_secret_comes_with_its_version(client: VaultClient) -> None:
    secret = client.get_secret(API)
    assert dict(secret) == {"jwt_secret": "hidden-1", "session_secret": "hidden-2"}
    assert (secret.path, secret.version, secret.stale) == (API, 1, False)
    assert secret.created.isoformat() == "2026-11-22T10:00:00.123456+00:00"


def test_a_fresh_secret_is_not_asked_for_again(vault: FakeVault, client: VaultClient) -> None:
    for _ in range(100):
        client.get_secret(API)
    assert vault.asked(DATA) == 1
    status = client.status()
    assert (status.hits, status.misses, status.cached) == (99, 1, 1)


def test_a_secret_that_nobody_asked_for_lately_is_asked_for_again(
    vault: FakeVault, client: VaultClient
) -> None:
    client.get_secret(API)
    vault.write(API, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    assert client.get_secret(API)["jwt_secret"] == "hidden-3"


def test_versions_are_kept_apart(vault: FakeVault, client: VaultClient) -> None:
    vault.write(API, jwt_secret="hidden-3")
    assert client.get_secret(API, version=1)["jwt_secret"] == "hidden-1"
    assert client.get_secret(API)["jwt_secret"] == "hidden-3"


def test_a_destroyed_version_is_told_from_one_that_never_was(
    vault: FakeVault, client: VaultClient
) -> None:
    vault.entries[API][0]["gone"] = True
    with pytest.raises(SecretDestroyed, match="'media-catalog/api', version 1: must not be dest"):
        client.get_secret(API, version=1)
    with pytest.raises(NotFound, match=r"version 7: must exist; correct the path or the version"):
        client.get_secret(API, version=7)


def test_a_missing_entry(client: VaultClient) -> None:
    with pytest.raises(NotFound, match=r"'media-catalog/nothing': must exist.*vault kv put"):
        client.get_secret("media-catalog/nothing")


def test_a_denied_path_names_path_role_and_fix(vault: FakeVault, client: VaultClient) -> None:
    vault.denied.add("secret/data/other/api")
    with pytest.raises(
        NotAllowed,
        match=r"secret 'other/api': role 'app' must be allowed to use secret/data/other/api, and "
        r"Vault denied it; grant it in the access matrix",
    ):
        client.get_secret("other/api")
    assert vault.asked("auth/kubernetes/login") == 1, "the token was good"


def test_many_threads_that_miss_at_once_are_one_request(
    vault: FakeVault, client: VaultClient
) -> None:
    client.request("GET", "auth/token/lookup-self")
    vault.pause = 0.1
    with ThreadPoolExecutor(32) as pool:
        secrets = list(pool.map(lambda _: client.get_secret(API), range(32)))
    assert vault.asked(DATA) == 1
    assert {secret["jwt_secret"] for secret in secrets} == {"hidden-1"}


def test_many_threads_that_fail_at_once_are_one_request(
    vault: FakeVault, client: VaultClient
) -> None:
    client.request("GET", "auth/token/lookup-self")
    vault.denied.add(DATA)
    vault.pause = 0.1

    def fail(_: int) -> bool:
        with pytest.raises(NotAllowed):
            client.get_secret(API)
        return True

    with ThreadPoolExecutor(32) as pool:
        assert all(pool.map(fail, range(32)))
    assert vault.asked(DATA) == 1


def test_many_threads_log_in_once(vault: FakeVault, client: VaultClient) -> None:
    for number in range(16):
        vault.write(f"app/{number}", key="value")
    vault.pause = 0.05
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: client.get_secret(f"app/{number}"), range(16)))
    assert vault.asked("auth/kubernetes/login") == 1


@pytest.mark.parametrize("mode", [Mode.SEALED, Mode.NO_LEADER, Mode.FAILING, Mode.DROPPING])
def test_a_short_failure_is_waited_out(vault: FakeVault, mode: Mode) -> None:
    vault.mode = mode
    threading.Timer(0.3, lambda: setattr(vault, "mode", Mode.WELL)).start()
    with VaultClient(settings_for(vault, timing=PATIENT), clock=vault.clock) as client:
        assert client.get_secret(API)["jwt_secret"] == "hidden-1"


@pytest.mark.parametrize(
    "mode", [Mode.SEALED, Mode.NO_LEADER, Mode.FAILING, Mode.DROPPING, Mode.STALLING]
)
def test_while_vault_is_away_the_last_answer_is_served(vault: FakeVault, mode: Mode) -> None:
    with VaultClient(settings_for(vault, timing=PATIENT), clock=vault.clock) as client:
        without_background(client)
        client.get_secret(API)
        vault.mode = mode
        vault.clock.pass_(61)
        with without_waiting():  # but for as long as the patience for a stale answer
            secret = client.get_secret(API)
        assert secret.stale
        assert secret["jwt_secret"] == "hidden-1"
        asked = len(vault.requests)
        for _ in range(200):
            client.get_secret(API)
        assert len(vault.requests) == asked, "the outage is known, so nobody asks, and nobody waits"
        assert client.status().stale_served == 201
        assert client.status().last_error


def test_after_an_outage_the_background_brings_what_is_new(
    vault: FakeVault, client: VaultClient
) -> None:
    client.get_secret(API)
    vault.mode = Mode.SEALED
    vault.clock.pass_(61)
    assert client.get_secret(API).stale
    assert client.status().vault_away
    vault.write(API, jwt_secret="hidden-3")
    vault.mode = Mode.WELL
    wait_until(lambda: not client.get_secret(API).stale)
    assert client.get_secret(API)["jwt_secret"] == "hidden-3"
    assert client.status().last_error is None
    assert not client.status().vault_away


def test_a_stale_answer_ends(vault: FakeVault, client: VaultClient) -> None:
    client.get_secret(API)
    vault.mode = Mode.SEALED
    vault.clock.pass_(3601)
    with pytest.raises(Unavailable, match=r"must answer within 1 s.*503 Vault is sealed"):
        client.get_secret(API)


def deny(vault: FakeVault) -> None:
    vault.denied.add(DATA)


def delete(vault: FakeVault) -> None:
    del vault.entries[API]


def destroy(vault: FakeVault) -> None:
    vault.entries[API][0]["gone"] = True


def lock_out(vault: FakeVault) -> None:
    vault.tokens.clear()
    vault.login_roles.clear()


@pytest.mark.parametrize(
    ("take_away", "error"),
    [
        (deny, NotAllowed),
        (delete, NotFound),
        (destroy, SecretDestroyed),
        (lock_out, LoginFailed),
    ],
)
def test_access_that_was_taken_away_is_not_hidden_by_what_is_cached(
    vault: FakeVault, take_away: Callable[[FakeVault], None], error: type[Exception]
) -> None:
    with VaultClient(
        settings_for(vault, AppRoleLogin("app", "right")), clock=vault.clock
    ) as client:
        client.get_secret(API)
        take_away(vault)
        vault.clock.pass_(61)
        with pytest.raises(error):
            client.get_secret(API)
        vault.mode = Mode.SEALED
        vault.clock.pass_(1)
        with pytest.raises(Unavailable):
            client.get_secret(API)


def test_an_entry_that_deletes_itself_is_not_served_past_that(
    vault: FakeVault, client: VaultClient
) -> None:
    vault.write("app/short", lives=30, key="value")
    assert client.get_secret("app/short")["key"] == "value"
    vault.clock.pass_(32)
    with pytest.raises(NotFound, match=r"must not be deleted, and it was at .*undelete"):
        client.get_secret("app/short")
    vault.write("app/short", lives=30, key="value")
    client.get_secret("app/short")
    vault.clock.pass_(32)
    vault.mode = Mode.SEALED
    with pytest.raises(Unavailable):
        client.get_secret("app/short")


def test_the_cache_is_bounded(vault: FakeVault) -> None:
    for number in range(6):
        vault.write(f"app/{number}", key="value")
    with VaultClient(settings_for(vault, cache_size=4)) as client:
        for number in range(6):
            client.get_secret(f"app/{number}")
        assert client.status().cached == 4
        client.get_secret("app/5")
        assert vault.asked("secret/data/app/5") == 1
        client.get_secret("app/0")
        assert vault.asked("secret/data/app/0") == 2


def test_database_credentials_are_the_same_until_replaced(
    vault: FakeVault, client: VaultClient
) -> None:
    first = client.get_database_credentials(ROLE)
    assert first == client.get_database_credentials(ROLE)
    assert vault.asked(USER) == 1
    left = first.expires.timestamp() - vault.clock.now().wall
    assert left == pytest.approx(3600, abs=2)


def test_status_shows_a_login_that_is_refused(vault: FakeVault, client: VaultClient) -> None:
    vault.login_roles.clear()
    with pytest.raises(LoginFailed):
        client.get_secret(API)
    assert "invalid role name" in (client.status().last_error or "")
    vault.clock.pass_(5)
    with pytest.raises(LoginFailed):
        client.request("GET", "auth/token/lookup-self")
    vault.login_roles.add("app")
    vault.clock.pass_(5)
    client.request("GET", "auth/token/lookup-self")
    assert client.status().last_error is None


def test_an_unknown_role(client: VaultClient) -> None:
    with pytest.raises(NotFound, match=r"database role 'nobody': must exist.*unknown role: nobody"):
        client.get_database_credentials("nobody")


def test_credentials_that_the_database_refuses_are_replaced_once_for_all(
    vault: FakeVault, client: VaultClient
) -> None:
    refused = client.get_database_credentials(ROLE)
    with ThreadPoolExecutor(8) as pool:
        replaced = set(
            pool.map(
                lambda _: client.get_database_credentials(ROLE, instead_of=refused).username,
                range(8),
            )
        )
    assert len(replaced) == 1
    assert refused.username not in replaced
    assert vault.asked(USER) == 2


def test_unexpired_credentials_are_served_while_vault_is_away(
    vault: FakeVault, client: VaultClient
) -> None:
    credentials = client.get_database_credentials(ROLE)
    vault.mode = Mode.SEALED
    vault.clock.pass_(3500)
    assert client.get_database_credentials(ROLE) == credentials


def test_expired_credentials_never_are(vault: FakeVault, client: VaultClient) -> None:
    client.get_database_credentials(ROLE)
    vault.mode = Mode.SEALED
    vault.clock.pass_(3601)
    with pytest.raises(LeaseExpired, match=r"'app-readonly': credentials must be replaced.*ended"):
        client.get_database_credentials(ROLE)


def test_a_jump_of_the_wall_clock_serves_nothing_that_expired_and_asks_once(
    vault: FakeVault, client: VaultClient
) -> None:
    """As after a sleep that only the wall clock noticed."""
    first = client.get_database_credentials(ROLE)
    client.get_secret(API)
    vault.clock.jump(7200)
    second = client.get_database_credentials(ROLE)
    assert second.username != first.username
    before = len(vault.requests)
    for _ in range(100):
        client.get_database_credentials(ROLE)
        client.get_secret(API)
    assert len(vault.requests) - before <= 1
    vault.clock.jump(-7200)
    for _ in range(100):
        assert client.get_database_credentials(ROLE).username == second.username
    assert vault.asked(USER) == 2


def test_a_jump_of_the_wall_clock_while_vault_is_away_keeps_secrets(
    vault: FakeVault, client: VaultClient
) -> None:
    client.get_secret(API)
    client.get_database_credentials(ROLE)
    vault.mode = Mode.SEALED
    vault.clock.jump(7200)
    assert client.get_secret(API)["jwt_secret"] == "hidden-1"
    with pytest.raises(LeaseExpired):
        client.get_database_credentials(ROLE)


def test_a_revoked_token_is_replaced_within_the_call(vault: FakeVault, client: VaultClient) -> None:
    client.get_secret(API)
    vault.tokens.clear()
    vault.clock.pass_(61)
    assert client.get_secret(API)["jwt_secret"] == "hidden-1"
    assert vault.asked("auth/kubernetes/login") == 2


def test_credentials_of_a_revoked_token_are_not_served_once_that_is_known(
    vault: FakeVault, client: VaultClient
) -> None:
    first = client.get_database_credentials(ROLE)
    for token in list(vault.tokens):
        vault.revoke_token(token)
    client.request("GET", "auth/token/lookup-self")
    assert client.get_database_credentials(ROLE).username != first.username


def test_a_raw_request(vault: FakeVault, client: VaultClient) -> None:
    vault.answers["sys/thing"] = (200, {"data": {"a": 1}})
    assert client.request("GET", "sys/thing") == {"data": {"a": 1}}
    vault.answers["sys/thing"] = (204, {})
    headers = {"Content-Type": "application/merge-patch+json"}
    assert client.request("PATCH", "sys/thing", {"b": 2}, headers=headers) == {}
    assert vault.bodies[-1] == {"b": 2}
    assert vault.headers[-1]["Content-Type"] == "application/merge-patch+json"
    vault.answers["sys/thing"] = (400, {"errors": ["check-and-set parameter did not match"]})
    with pytest.raises(
        Refused, match=r"PATCH sys/thing.*400 check-and-set.*did not match"
    ) as caught:
        client.request("PATCH", "sys/thing", {})
    assert caught.value.status == 400


@pytest.mark.parametrize("path", ["../sys/seal", "secret/data/a?b", "/sys/x", "a//b", "a%2fb", ""])
def test_a_path_that_would_be_another(vault: FakeVault, client: VaultClient, path: str) -> None:
    with pytest.raises(ConfigurationError, match="must be segments joined by '/'"):
        client.request("GET", path)
    with pytest.raises(ConfigurationError, match="must be segments joined by '/'"):
        client.get_secret(path)
    assert vault.requests == []


def test_a_change_of_a_secret_is_told(vault: FakeVault, client: VaultClient) -> None:
    told: list[Secret] = []
    threads: list[str] = []

    def tell(secret: Secret) -> None:
        threads.append(threading.current_thread().name)
        told.append(secret)

    client.on_secret_change(API, tell)
    wait_until(lambda: vault.asked(DATA) == 1)
    vault.write(API, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    wait_until(lambda: bool(told))
    assert [secret["jwt_secret"] for secret in told] == ["hidden-3"]
    assert threads == ["vaultstack-client"]
    vault.clock.pass_(61)
    wait_until(lambda: vault.asked(DATA) == 3)
    assert len(told) == 1, "the same version is no news"


def test_new_credentials_are_told_while_the_old_ones_are_good(
    vault: FakeVault, client: VaultClient
) -> None:
    told: list[tuple[DatabaseCredentials, bool]] = []
    first = client.get_database_credentials(ROLE)

    def tell(new: DatabaseCredentials) -> None:
        told.append((new, first.lease_id in vault.leases))

    client.on_new_credentials(ROLE, tell)
    vault.denied.add("sys/leases/renew")
    vault.clock.pass_(3100)
    wait_until(lambda: bool(told))
    new, old_is_good = told[0]
    assert new.username != first.username
    assert old_is_good
    assert client.get_database_credentials(ROLE) == new


def test_a_callback_that_fails_stops_nothing_and_shows_nothing(
    vault: FakeVault, client: VaultClient, caplog: pytest.LogCaptureFixture
) -> None:
    told = threading.Event()

    def fail(secret: Secret) -> None:
        told.set()
        raise RuntimeError(secret["jwt_secret"])

    client.on_secret_change(API, fail)
    wait_until(lambda: vault.asked(DATA) == 1)
    vault.write(API, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    wait_until(told.is_set)
    vault.clock.pass_(61)
    wait_until(lambda: vault.asked(DATA) == 3)
    assert "the callback for secret 'media-catalog/api' failed with RuntimeError" in caplog.text
    assert "hidden" not in caplog.text


def test_close_ends_token_thread_and_connections(vault: FakeVault) -> None:
    before = threading.active_count()
    with VaultClient(settings_for(vault)) as client:
        client.get_secret(API)
        client.get_database_credentials(ROLE)
        assert len(vault.tokens) == 1
    assert vault.tokens == {}
    assert vault.leases == {}
    wait_until(lambda: vault.connections == 0)
    wait_until(lambda: threading.active_count() <= before + 1)  # the fake's own come and go
    assert not [t for t in threading.enumerate() if t.name == "vaultstack-client"]
    assert client.status().cached == 0
    with pytest.raises(ClientClosed, match="the client is closed; make a new one"):
        client.get_secret(API)
    client.close()


def test_close_may_leave_the_token(vault: FakeVault) -> None:
    with VaultClient(settings_for(vault, revoke_on_close=False)) as client:
        client.get_secret(API)
    assert len(vault.tokens) == 1


def test_close_does_not_wait_for_vault_for_ever(vault: FakeVault) -> None:
    client = VaultClient(settings_for(vault, timing=PATIENT))
    client.get_secret(API)
    vault.mode = Mode.STALLING
    with without_waiting():  # but for the two seconds of the farewell
        client.close()


def test_close_ends_calls_that_wait(vault: FakeVault) -> None:
    client = VaultClient(settings_for(vault, timing=PATIENT))
    vault.mode = Mode.SEALED
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get_secret, API)
        wait_until(lambda: len(vault.requests) > 2)
        client.close()
        with pytest.raises(ClientClosed):
            waiting.result(60)


def test_a_callback_may_close_the_client(vault: FakeVault) -> None:
    client = VaultClient(settings_for(vault), clock=vault.clock)
    closed = threading.Event()

    def close(_: Secret) -> None:
        client.close()
        closed.set()

    client.on_secret_change(API, close)
    wait_until(lambda: vault.asked(DATA) == 1)
    vault.write(API, jwt_secret="hidden-3")
    vault.clock.pass_(61)
    wait_until(closed.is_set)
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == "vaultstack-client"])


def test_nothing_secret_is_shown(
    vault: FakeVault, client: VaultClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret, user = client.get_secret(API), client.get_database_credentials(ROLE)
    token = client._parts.session.token
    shown = [repr(each) for each in (client, secret, user, token, client.settings, client.status())]
    vault.answers["sys/x"] = FORBIDDEN
    with pytest.raises(NotAllowed) as denied:
        client.request("POST", "sys/x", {"password": "hidden-body"})
    vault.mode = Mode.DROPPING
    with pytest.raises(Unavailable) as away:
        client.request("GET", "sys/x")
    for caught in (denied, away):
        error: BaseException | None = caught.value
        while error is not None:
            shown += [str(error), repr(error), repr(vars(error))]
            error = error.__cause__ or error.__context__
    text = "\n".join([*shown, caplog.text])
    assert "hidden" not in text
    assert PASSWORD not in text


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_logs_in_for_itself(vault: FakeVault) -> None:
    script = f"""
import os, sys
from pathlib import Path
from vaultstack_client import AppRoleLogin, ClientSettings, VaultClient
client = VaultClient(ClientSettings(address={vault.address!r}, login=AppRoleLogin("app", "right")))
assert client.get_secret({API!r})["jwt_secret"] == "hidden-1"
child = os.fork()
if child == 0:
    good = not client.status().logged_in
    good &= client.get_secret({API!r})["jwt_secret"] == "hidden-1"
    client.close()
    os._exit(0 if good else 1)
_, status = os.waitpid(child, 0)
assert status == 0, status
assert client.get_secret({API!r})["jwt_secret"] == "hidden-1"
client.request("GET", "auth/token/lookup-self")
client.close()
"""
    run_python(script)
    assert vault.asked("auth/approle/login") == 2
    assert vault.tokens == {}


def test_a_forgotten_close_does_not_keep_the_process_alive(vault: FakeVault) -> None:
    run_python(f"""
from vaultstack_client import AppRoleLogin, ClientSettings, VaultClient
client = VaultClient(ClientSettings(address={vault.address!r}, login=AppRoleLogin("app", "right")))
client.get_secret({API!r})
""")


def run_python(script: str) -> None:
    folder = Path(__file__).parents[2] / "client"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        env={"PYTHONPATH": str(folder)},
        timeout=30,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_client_that_was_dropped_says_so_and_leaves_no_thread(vault: FakeVault) -> None:
    client = VaultClient(settings_for(vault))
    client.get_secret(API)
    with pytest.warns(ResourceWarning, match=r"dropped without close\(\)"):  # noqa: PT031
        del client
        gc.collect()
    wait_until(lambda: not [t for t in threading.enumerate() if t.name == "vaultstack-client"])
    wait_until(lambda: vault.connections == 0)


def test_what_nobody_holds_is_not_kept() -> None:
    vault = FakeVault(address="http://127.0.0.1:1")
    client = VaultClient(settings_for(vault))
    assert client in _living
    del client
    gc.collect()
    assert not list(_living)
