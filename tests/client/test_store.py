"""Answers from the cache or from Vault, with the background standing still: what calls do alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

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
from vaultstack_client import ClientClosed, LoginFailed, NotAllowed, NotFound, Unavailable
from vaultstack_client.cache import Entry
from vaultstack_client.clock import Deadline
from vaultstack_client.credentials import DatabaseUser
from vaultstack_client.kv import SecretAt
from vaultstack_client.questions import Question
from vaultstack_client.session import Session
from vaultstack_client.store import Store

API = SecretAt("media-catalog/api")
USER = DatabaseUser("app-readonly")
RENEW = "sys/leases/renew"


@dataclass
class Opened:
    vault: FakeVault
    store: Store
    session: Session
    heard: list[tuple[Question[Any], Any]] = field(default_factory=list)

    def deadline(self) -> Deadline:
        return Deadline.within(self.vault.clock, 60)

    def entry(self, question: Question[Any]) -> Entry[Any]:
        entry = self.store.cache.peek(question)
        assert entry is not None
        return entry

    def look_after(self, question: Question[Any]) -> None:
        self.store.look_after(question, self.entry(question), self.deadline())


@pytest.fixture
def opened(vault: FakeVault) -> Iterator[Opened]:
    # After a failure it rests for longer than a busy machine takes to look.
    rest = timedelta(seconds=30)
    resting = replace(PATIENT, first_backoff=rest, greatest_backoff=rest)
    settings = settings_for(vault, timing=resting)
    transport = transport_of(settings_for(vault, timing=PATIENT), vault.clock)
    session = Session(GivenLogin(vault), transport, QUICK)
    heard: list[tuple[Question[Any], Any]] = []
    store = Store(settings, vault.clock, session, lambda *news: heard.append(news))
    yield Opened(vault, store, session, heard)
    transport.close()


def test_credentials_are_renewed_and_stay_the_same(opened: Opened) -> None:
    vault = opened.vault
    vault.token_ttl = 86400
    first = opened.store.get(USER)
    vault.clock.pass_(3100)
    opened.look_after(USER)
    longer = opened.store.get(USER)
    assert (longer.username, longer.password) == (first.username, first.password)
    assert longer.expires > first.expires
    assert (vault.asked(RENEW), vault.asked(USER.path)) == (1, 1)
    vault.clock.pass_(3000)
    assert opened.store.at_once(USER) == longer
    assert [value for _, value in opened.heard] == [first], "the same credentials are no news"


def test_a_renewal_cut_by_the_greatest_ttl_is_the_last(opened: Opened) -> None:
    vault = opened.vault
    vault.lease_max = 5000
    first = opened.store.get(USER)
    opened.store.get(USER)
    vault.clock.pass_(3100)
    opened.look_after(USER)
    lease = opened.entry(USER).lease
    assert lease is not None
    assert not lease.renewable
    assert opened.store.get(USER).username == first.username
    vault.clock.pass_(1500)
    opened.look_after(USER)
    assert opened.store.get(USER).username != first.username
    assert vault.asked(RENEW) == 1


def test_credentials_that_cannot_be_renewed_are_replaced_if_anybody_asks(opened: Opened) -> None:
    vault = opened.vault
    vault.denied.add(RENEW)
    first = opened.store.get(USER)
    vault.clock.pass_(3100)
    opened.look_after(USER)
    assert vault.asked(USER.path) == 1, "nobody has asked since they came"
    assert not opened.store.is_wanted(USER, opened.entry(USER))
    opened.store.get(USER)
    assert opened.store.is_wanted(USER, opened.entry(USER))
    opened.look_after(USER)
    assert opened.store.get(USER).username != first.username
    opened.store.get(USER)
    vault.clock.pass_(3100)
    opened.look_after(USER)
    assert vault.asked(USER.path) == 3
    assert vault.asked(RENEW) == 1, "what is not granted is not tried for each lease"


def test_a_lease_that_is_gone_is_replaced(opened: Opened) -> None:
    first = opened.store.get(USER)
    opened.store.get(USER)
    opened.vault.leases.clear()
    opened.vault.clock.pass_(3100)
    opened.look_after(USER)
    assert opened.store.get(USER).username != first.username


def test_an_engine_that_cannot_renew_is_asked_for_new_ones(opened: Opened) -> None:
    first = opened.store.get(USER)
    opened.store.get(USER)
    opened.vault.answers[RENEW] = (500, {"errors": ["could not find role"]})
    opened.vault.clock.pass_(3100)
    opened.look_after(USER)
    assert opened.store.get(USER).username != first.username


def remove_the_role(vault: FakeVault) -> None:
    vault.answers[RENEW] = (500, {"errors": ["could not find role"]})
    vault.database_roles.clear()


def deny_the_role(vault: FakeVault) -> None:
    vault.denied |= {RENEW, USER.path}


@pytest.mark.parametrize(
    ("take_away", "error"),
    [(remove_the_role, NotFound), (deny_the_role, NotAllowed)],
)
def test_credentials_are_good_until_they_end_whatever_vault_says_of_new_ones(
    opened: Opened, take_away: Callable[[FakeVault], None], error: type[Exception]
) -> None:
    vault = opened.vault
    vault.token_ttl = 86400
    opened.store.get(USER)
    first = opened.store.get(USER)
    take_away(vault)
    vault.clock.pass_(3100)
    with pytest.raises(error):
        opened.look_after(USER)
    assert opened.store.get(USER) == first
    assert "'app-readonly'" in (opened.store.last_problem or "")
    now = vault.clock.now()
    assert opened.entry(USER).is_due(now)
    assert opened.store.outages.waiting(USER, now), "or the background would ask without a pause"
    assert not opened.store.outages.vault_away
    with pytest.raises(error):
        opened.store.get(USER, refused=first)
    assert opened.store.get(USER) == first, "to others they are still the best there is"
    assert opened.heard == [(USER, first)]

    vault.clock.pass_(501)
    with pytest.raises(error):
        opened.store.get(USER)
    assert opened.heard[-1] == (USER, None)


def test_when_the_role_is_back_there_are_new_ones(opened: Opened) -> None:
    opened.store.get(USER)
    first = opened.store.get(USER)
    remove_the_role(opened.vault)
    opened.vault.clock.pass_(3100)
    with pytest.raises(NotFound):
        opened.look_after(USER)
    assert opened.vault.asked(RENEW) == 1, "an engine that fails is not asked again in one go"
    opened.vault.database_roles.add(USER.role)
    opened.look_after(USER)
    assert opened.store.get(USER).username != first.username
    assert opened.store.last_problem is None
    assert not opened.store.outages.waiting(USER, opened.vault.clock.now())


def test_a_lease_that_was_revoked_is_over_though_there_are_no_new_ones(opened: Opened) -> None:
    """Who takes access away does that."""
    opened.vault.token_ttl = 86400
    opened.store.get(USER)
    opened.store.get(USER)
    opened.vault.leases.clear()
    opened.vault.denied.add(USER.path)
    opened.vault.clock.pass_(3100)
    with pytest.raises(NotAllowed):
        opened.look_after(USER)
    with pytest.raises(NotAllowed):
        opened.store.get(USER)
    assert opened.heard[-1] == (USER, None)


def test_a_login_that_is_refused_is_shown_until_one_succeeds(opened: Opened) -> None:
    opened.vault.login_roles.clear()
    with pytest.raises(LoginFailed):
        opened.store.get(API)
    assert "invalid role name" in (opened.store.last_problem or "")
    opened.vault.login_roles.add("app")
    opened.vault.clock.pass_(1)
    opened.store.get(API)
    assert opened.store.last_problem is None


def test_a_dead_token_without_a_new_one_is_not_looked_after_without_a_pause(
    opened: Opened,
) -> None:
    opened.store.get(USER)
    opened.vault.tokens.clear()
    opened.vault.login_roles.clear()
    opened.vault.clock.pass_(3100)
    with pytest.raises(LoginFailed):
        opened.look_after(USER)
    assert opened.store.cache.peek(USER) is None, "its lease ended with the token"


def test_a_failing_renewal_keeps_what_is_good(opened: Opened) -> None:
    first = opened.store.get(USER)
    opened.vault.mode, opened.vault.takes = Mode.SEALED, 100
    opened.vault.clock.pass_(3100)
    with pytest.raises(Unavailable):
        opened.look_after(USER)
    assert opened.store.get(USER) == first
    assert opened.store.outages.vault_away
    assert "sealed" in (opened.store.last_problem or "")
    assert opened.store.outages.waiting(USER, opened.vault.clock.now())


def test_after_the_token_was_replaced_leases_are_not_renewed_but_replaced(opened: Opened) -> None:
    opened.store.get(USER)
    first = opened.store.get(USER)
    opened.vault.denied.add("auth/token/renew-self")
    opened.vault.clock.pass_(1801)
    opened.session.keep(opened.deadline())
    assert opened.entry(USER).is_due(opened.vault.clock.now())
    assert opened.store.get(USER) == first
    opened.look_after(USER)
    assert opened.store.get(USER).username != first.username
    assert opened.vault.asked(RENEW) == 0


def test_nothing_is_looked_after_twice(opened: Opened) -> None:
    opened.store.get(API)
    opened.store.get(API)
    old = opened.entry(API)
    opened.vault.clock.pass_(50)
    opened.store.look_after(API, old, opened.deadline())
    opened.store.look_after(API, old, opened.deadline())
    assert opened.vault.asked(API.path) == 2


def test_one_question_that_fails_does_not_make_the_others_stale(opened: Opened) -> None:
    opened.vault.write("other", key="value")
    opened.store.get(API)
    opened.store.get(SecretAt("other"))
    opened.vault.answers[API.path] = (500, {"errors": ["internal error"]})
    opened.vault.clock.pass_(61)
    assert opened.store.get(API).stale
    assert not opened.store.get(SecretAt("other")).stale
    assert not opened.store.outages.vault_away


def test_problems_are_forgotten_when_they_are_solved(opened: Opened) -> None:
    opened.store.get(API)
    opened.vault.mode = Mode.SEALED
    opened.vault.clock.pass_(61)
    opened.store.get(API)
    assert opened.store.last_problem
    opened.vault.mode = Mode.WELL
    opened.look_after(API)
    assert opened.store.last_problem is None


def test_problems_do_not_pile_up(opened: Opened) -> None:
    for number in range(100):
        opened.store.note(number, Unavailable(f"problem {number}"))
    assert len(opened.store._problems) == 32
    assert opened.store.last_problem == "problem 99"


def test_a_closed_store_gives_nothing(opened: Opened) -> None:
    opened.store.get(API)
    opened.store.closed = True
    with pytest.raises(ClientClosed):
        opened.store.get(API)
    with pytest.raises(ClientClosed):
        opened.store.at_once(API)


def test_a_jump_of_the_wall_clock_makes_one_new_user_and_no_storm(opened: Opened) -> None:
    """The token seems to have ended too; nobody is there to renew it."""
    first = opened.store.get(USER)
    opened.vault.clock.jump(7200)
    users = {opened.store.get(USER).username for _ in range(50)}
    assert len(users) == 1
    assert first.username not in users
    assert opened.vault.asked(USER.path) == 2
    assert opened.vault.asked("auth/kubernetes/login") == 2


def test_what_ends_as_it_comes_is_not_kept(opened: Opened) -> None:
    opened.vault.lease_ttl = 0
    opened.store.get(USER)
    assert len(opened.store.cache) == 0


def test_a_renewal_that_gives_too_little_is_none(opened: Opened) -> None:
    opened.vault.lease_max = 3300
    opened.store.get(USER)
    first = opened.store.get(USER)
    opened.vault.clock.pass_(3100)
    opened.look_after(USER)
    assert opened.store.get(USER).username != first.username
    assert opened.vault.asked(RENEW) == 1


def test_a_lease_of_a_token_that_turns_out_dead_is_replaced(opened: Opened) -> None:
    opened.store.get(USER)
    first = opened.store.get(USER)
    opened.vault.tokens.clear()
    opened.vault.clock.pass_(3100)
    opened.look_after(USER)
    assert opened.vault.asked(USER.path) == 2, "replaced in the background, not by a call"
    assert opened.store.get(USER).username != first.username


def test_credentials_that_do_not_work_are_not_given_again_while_vault_is_away(
    opened: Opened,
) -> None:
    first = opened.store.get(USER)
    opened.vault.mode, opened.vault.takes = Mode.SEALED, 200
    with pytest.raises(Unavailable):
        opened.store.get(USER, refused=first)
    assert opened.store.get(USER) == first, "to others they are still the best there is"


def test_refused_credentials_that_were_just_renewed_are_refused_all_the_same(
    opened: Opened,
) -> None:
    first = opened.store.get(USER)
    opened.vault.pause = 0.1
    with ThreadPoolExecutor(1) as pool:
        renewing = pool.submit(opened.look_after, USER)
        while not opened.vault.asked(RENEW):
            pass
        assert opened.store.get(USER, refused=first).username != first.username
        renewing.result()
