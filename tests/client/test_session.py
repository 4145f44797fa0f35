"""The client's token through its life."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from tests.client.fake_vault import (
    PATIENT,
    QUICK,
    FakeVault,
    GivenLogin,
    Mode,
    settings_for,
    transport_of,
)
from tests.clock import wait_until
from vaultstack_client import ClientClosed, LoginFailed, Timing, Unavailable
from vaultstack_client.clock import Deadline, Instant
from vaultstack_client.connections import Answer
from vaultstack_client.login import Auth
from vaultstack_client.session import Session, Token
from vaultstack_client.transport import Transport, VaultAdapter

START = Instant(0, 0)
LOGIN = "auth/kubernetes/login"
RENEW = "auth/token/renew-self"
LOOKUP = "auth/token/lookup-self"


@dataclass
class Opened:
    session: Session
    transport: Transport
    login: GivenLogin

    def use(self) -> tuple[Answer, Token]:
        return self.session.use(self.deadline(), read)

    def deadline(self, seconds: float = 60) -> Deadline:
        return Deadline.within(self.transport.clock, seconds)

    def keep(self) -> None:
        self.session.keep(self.deadline())


def read(adapter: VaultAdapter) -> Answer:
    return adapter.get("secret/data/media-catalog/api")


@pytest.fixture
def opened(vault: FakeVault) -> Iterator[Opened]:
    transport = transport_of(settings_for(vault, timing=PATIENT), vault.clock)
    login = GivenLogin(vault)
    # After a failure it rests for longer than a busy machine takes to look.
    timing = replace(PATIENT, greatest_backoff=timedelta(seconds=30))
    yield Opened(Session(login, transport, timing), transport, login)
    transport.close()


@pytest.mark.parametrize(
    ("ttl", "margin"),
    [
        (3600, 1800),  # half of it
        (600, 300),
        (400, 800 / 3),  # 300 s would be most of it, so a third of its TTL passes first
        (60, 40),
        (86400, 43200),
    ],
)
def test_when_a_token_is_renewed(ttl: float, margin: float) -> None:
    token = Token(Auth("hidden", ttl, renewable=True, ours=True), START)
    assert token.margin(Timing()) == pytest.approx(margin)


def test_later_where_the_settings_say_so() -> None:
    timing = Timing(renew_token_at=0.95)
    token = Token(Auth("hidden", 3600, renewable=True, ours=True), START)
    assert token.margin(timing) == 300


def test_a_token_that_never_ends() -> None:
    token = Token(Auth("hidden", 0, renewable=False, ours=False), START)
    assert token.good(Instant(1e12, 1e12))
    assert token.margin(Timing()) == 0


def test_a_token_is_renewed_at_half_its_ttl(vault: FakeVault, opened: Opened) -> None:
    _, token = opened.use()
    opened.keep()
    vault.clock.pass_(1790)
    opened.keep()
    assert vault.asked(RENEW) == 0
    assert opened.session.due() - vault.clock.now().steady == pytest.approx(10, abs=2)
    vault.clock.pass_(11)
    opened.keep()
    assert vault.asked(RENEW) == 1
    assert token.end.left(vault.clock.now()) == pytest.approx(3600, abs=2)
    assert vault.asked(LOGIN) == 1


def test_a_token_near_its_greatest_ttl_is_replaced_and_retired(
    vault: FakeVault, opened: Opened
) -> None:
    vault.token_max = 4000
    _, first = opened.use()
    vault.clock.pass_(1801)
    opened.keep()
    assert not first.renewable, "the renewal gave less than the first TTL"
    vault.clock.pass_(500)
    opened.keep()
    _, second = opened.use()
    assert vault.asked(LOGIN) == 2
    assert first.retired
    assert first.good(vault.clock.now()), "its leases have time to be replaced"
    assert second is not first


def test_a_token_that_may_not_be_renewed_is_replaced(vault: FakeVault, opened: Opened) -> None:
    vault.denied.add(RENEW)
    opened.use()
    vault.clock.pass_(1801)
    opened.keep()
    opened.use()
    vault.clock.pass_(1801)
    opened.keep()
    assert vault.asked(RENEW) == 2, "once for each token"
    assert vault.asked(LOGIN) == 3


def test_renewing_fails_gently(vault: FakeVault, opened: Opened) -> None:
    opened.use()
    vault.clock.pass_(1801)
    vault.mode, vault.takes = Mode.SEALED, 100
    with pytest.raises(Unavailable):
        opened.keep()
    tried = len(vault.requests)
    opened.keep()
    assert len(vault.requests) == tried, "not again at once"
    assert opened.session.due() > vault.clock.now().steady
    vault.mode, vault.takes = Mode.WELL, 0
    vault.clock.pass_(61)
    opened.keep()
    assert vault.asked(LOGIN) == 1


def test_a_refused_login_in_time_costs_nothing_yet(vault: FakeVault, opened: Opened) -> None:
    vault.token_renewable = False
    opened.use()
    vault.clock.pass_(1801)
    vault.login_roles.clear()
    with pytest.raises(LoginFailed):
        opened.keep()
    answer, _ = opened.use()
    assert answer.ok


def test_a_dead_token_is_told_from_a_denied_path(vault: FakeVault, opened: Opened) -> None:
    opened.use()
    vault.denied.add("secret/data/media-catalog/api")
    answer, token = opened.use()
    assert answer.status == 403
    assert not token.dead
    assert (vault.asked(LOGIN), vault.asked(LOOKUP)) == (1, 1)
    vault.denied.clear()
    vault.tokens.clear()
    answer, second = opened.use()
    assert answer.ok
    assert token.dead
    assert second is not token
    assert (vault.asked(LOGIN), vault.asked(LOOKUP)) == (2, 2)


def test_a_dead_token_is_replaced_once_for_all(vault: FakeVault, opened: Opened) -> None:
    opened.use()
    vault.tokens.clear()
    vault.pause = 0.02
    with ThreadPoolExecutor(8) as pool:
        answers = [each.result() for each in [pool.submit(opened.use) for _ in range(8)]]
    assert all(answer.ok for answer, _ in answers)
    assert vault.asked(LOGIN) == 2
    assert len(vault.tokens) == 1


def test_verifying_notices_a_revoked_token(vault: FakeVault, opened: Opened) -> None:
    assert opened.session.verify(opened.deadline())
    _, token = opened.use()
    assert opened.session.verify(opened.deadline())
    vault.tokens.clear()
    assert not opened.session.verify(opened.deadline())
    assert token.dead
    opened.keep()
    assert vault.asked(LOGIN) == 2


def test_a_jump_of_the_wall_clock_renews_once(vault: FakeVault, opened: Opened) -> None:
    opened.use()
    vault.clock.jump(7200)
    for _ in range(5):
        opened.keep()
    assert vault.asked(RENEW) == 1
    assert vault.asked(LOGIN) == 1


def test_closing_ends_retired_tokens_too(vault: FakeVault, opened: Opened) -> None:
    vault.denied.add(RENEW)
    opened.use()
    vault.clock.pass_(1801)
    opened.keep()
    assert len(vault.tokens) == 2
    opened.session.close(opened.deadline(), revoke=True)
    assert vault.tokens == {}
    with pytest.raises(ClientClosed):
        opened.use()


def test_a_login_under_way_while_closing_leaves_no_token(vault: FakeVault, opened: Opened) -> None:
    vault.held = threading.Event()
    failed: list[Exception] = []

    def use() -> None:
        try:
            opened.use()
        except ClientClosed as error:
            failed.append(error)

    using = threading.Thread(target=use)
    using.start()
    wait_until(lambda: vault.asked(LOGIN) == 1)
    opened.session.close(opened.deadline(), revoke=True)
    vault.held.set()
    using.join(60)
    assert len(failed) == 1
    assert vault.tokens == {}


def test_closing_without_vault(
    vault: FakeVault, opened: Opened, caplog: pytest.LogCaptureFixture
) -> None:
    opened.use()
    vault.mode, vault.takes = Mode.SEALED, 100
    opened.session.close(opened.deadline(), revoke=True)
    assert "could not be revoked and ends by itself" in caplog.text


def test_the_pause_after_failures_grows_and_is_bounded(opened: Opened) -> None:
    session = Session(opened.login, opened.transport, replace(QUICK, check_every=timedelta(1)))
    token = Token(Auth("hidden", 3600, renewable=True, ours=True), START)
    pauses = []
    for session._failed in range(1, 12):
        pauses.append(session._pause(token))
    assert pauses[0] == 0.05
    assert pauses == sorted(pauses)
    assert pauses[-1] == pytest.approx(12.8)


def test_no_token_is_shown() -> None:
    token = Token(Auth("hidden", 1, renewable=True, ours=True), START)
    assert "hidden" not in repr(token)
    assert "hidden" not in repr(Auth("hidden", 1, renewable=True, ours=True))


def test_a_login_of_the_applications_own_that_is_faulty(vault: FakeVault, opened: Opened) -> None:
    class Faulty(GivenLogin):
        def log_in(self, adapter: VaultAdapter) -> Auth:  # noqa: ARG002
            raise ZeroDivisionError

    session = Session(Faulty(vault), opened.transport, QUICK)
    with pytest.raises(
        LoginFailed, match=r"'app': its login must fail.*but ZeroDivisionError came"
    ):
        session.use(opened.deadline(), read)


def test_a_refused_login_is_not_tried_for_each_call(vault: FakeVault, opened: Opened) -> None:
    vault.login_roles.clear()
    for _ in range(100):
        with pytest.raises(LoginFailed, match="invalid role name"):
            opened.use()
    assert vault.asked(LOGIN) < 20, "with pauses of 5 ms and more here, 100 ms by default"
    vault.login_roles.add("app")
    vault.clock.pass_(3)
    assert opened.use()[0].ok


def test_why_a_login_was_refused_is_told_without_what_it_sent(
    vault: FakeVault, opened: Opened
) -> None:
    vault.login_roles.clear()
    for _ in range(2):  # asked, and remembered
        with pytest.raises(LoginFailed) as caught:
            opened.use()
    assert opened.session.refusal == str(caught.value)
    assert opened.session._refusal is not None
    assert opened.session._refusal.__traceback__ is None
    assert vault.asked(LOGIN) == 1


def test_a_refused_login_that_is_not_needed_any_more_is_forgotten(
    vault: FakeVault, opened: Opened
) -> None:
    opened.use()
    vault.answers[RENEW] = (400, {"errors": ["not now"]})
    vault.login_roles.clear()
    vault.clock.pass_(1801)
    with pytest.raises(LoginFailed):
        opened.keep()
    assert opened.session.refusal
    del vault.answers[RENEW]
    vault.clock.pass_(60)
    opened.keep()
    assert opened.session.refusal is None
