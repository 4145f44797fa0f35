"""What is tried again, for how long, and what is not."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.client.fake_vault import (
    PATIENT,
    QUICK,
    SEALED,
    FakeVault,
    Mode,
    settings_for,
    transport_of,
    without_waiting,
)
from tests.clock import wait_until
from vaultstack_client import CannotVerify, ClientClosed, Unavailable
from vaultstack_client.clock import Deadline
from vaultstack_client.connections import Answer
from vaultstack_client.transport import Transport, VaultAdapter

DONE = (200, {"data": {"a": 1}})
FAILED = (500, {"errors": ["internal error"]})
NO_LEADER = (500, {"errors": ["local node not active but active cluster node not found"]})


@pytest.fixture
def transport(vault: FakeVault) -> Iterator[Transport]:
    vault.answers["sys/x"] = DONE
    transport = transport_of(settings_for(vault, timing=PATIENT), vault.clock)
    yield transport
    transport.close()


def send(transport: Transport, method: str = "GET", seconds: float = 60, **options: Any) -> Answer:
    deadline = Deadline.within(transport.clock, seconds)
    return transport.send(method, "sys/x", deadline=deadline, headers={}, **options)


@pytest.mark.parametrize("status", [429, 500, 501, 502, 503, 504])
def test_reading_is_tried_again(vault: FakeVault, transport: Transport, status: int) -> None:
    vault.first = [(status, {"errors": ["not now"]})] * 2
    assert send(transport).data == {"a": 1}
    assert len(vault.requests) == 3


@pytest.mark.parametrize("status", [200, 204, 400, 403, 404, 405, 412])
def test_what_says_something_of_the_request_is_an_answer(
    vault: FakeVault, transport: Transport, status: int
) -> None:
    vault.answers["sys/x"] = (status, {})
    assert send(transport).status == status
    assert len(vault.requests) == 1


@pytest.mark.parametrize("first", [SEALED, NO_LEADER, (429, {}), (501, {})])
def test_writing_is_tried_again_where_nothing_was_done(
    vault: FakeVault, transport: Transport, first: tuple[int, dict[str, Any]]
) -> None:
    vault.first = [first]
    assert send(transport, "POST").ok
    assert len(vault.requests) == 2


def test_writing_is_not_tried_again_where_it_may_have_been_done(
    vault: FakeVault, transport: Transport
) -> None:
    vault.first = [FAILED]
    with pytest.raises(
        Unavailable, match=r"after 1 try .*internal error; it may have been carried"
    ):
        send(transport, "POST")
    vault.mode = Mode.DROPPING
    with pytest.raises(Unavailable, match="it may have been carried out, so it was not sent again"):
        send(transport, "PATCH")
    assert len(vault.requests) == 2


def test_unless_that_does_no_harm(vault: FakeVault, transport: Transport) -> None:
    vault.first = [FAILED]
    assert send(transport, "POST", repeatable=True).ok


def test_the_deadline_holds(vault: FakeVault, transport: Transport) -> None:
    vault.first, vault.takes = [SEALED] * 3, 1000
    with pytest.raises(
        Unavailable,
        match=r"GET sys/x: Vault at http://127.* must answer within 2500 s, but after 3 tries it "
        r"still did not \(503 Vault is sealed\); see whether it is unsealed, has a leader",
    ):
        send(transport, seconds=2500)


def test_a_stall_is_cut_by_the_deadline(vault: FakeVault, transport: Transport) -> None:
    vault.mode = Mode.STALLING
    with without_waiting(), pytest.raises(Unavailable, match="no answer in time"):
        send(transport, seconds=0.2)


def test_vaults_wish_to_be_left_alone_is_kept(vault: FakeVault, transport: Transport) -> None:
    vault.first = [(429, {"?retry-after": "1"})]
    started = time.monotonic()
    assert send(transport).ok
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    ("mode", "everywhere"),
    [
        (Mode.SEALED, True),
        (Mode.NO_LEADER, True),
        (Mode.DROPPING, True),
        (Mode.FAILING, False),
    ],
)
def test_whether_only_this_request_fails(
    vault: FakeVault, transport: Transport, mode: Mode, everywhere: bool
) -> None:
    vault.mode, vault.takes = mode, 100
    with pytest.raises(Unavailable) as caught:
        send(transport)
    assert caught.value.everywhere is everywhere


def test_pauses_are_random_and_bounded(vault: FakeVault) -> None:
    timing = replace(
        QUICK,
        first_backoff=timedelta(milliseconds=100),
        greatest_backoff=timedelta(seconds=2),
    )
    transport = transport_of(settings_for(vault, timing=timing), vault.clock)
    for tries, bound in ((1, 0.1), (2, 0.2), (3, 0.4), (5, 1.6), (6, 2), (5000, 2)):
        pauses = [transport._backoff(tries) for _ in range(400)]
        assert 0 <= min(pauses) < 0.1 * bound
        assert 0.9 * bound < max(pauses) <= bound


def test_a_stranger_is_not_tried_again(vault: FakeVault, transport: Transport) -> None:
    vault.redirect = "http://vault.example.com"
    with pytest.raises(CannotVerify):
        send(transport)
    assert len(vault.requests) == 1


def test_stopping_ends_the_pauses_of_others_but_not_ones_own(
    vault: FakeVault, transport: Transport
) -> None:
    vault.mode = Mode.SEALED
    failed: list[Exception] = []

    def wait() -> None:
        try:
            send(transport, seconds=120)
        except ClientClosed as error:
            failed.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    wait_until(lambda: bool(vault.requests))
    transport.stop()
    waiting.join(60)
    assert len(failed) == 1
    vault.mode = Mode.WELL
    assert send(transport).ok
    transport.close()
    with pytest.raises(ClientClosed):
        send(transport)


def test_hvacs_adapter(vault: FakeVault, transport: Transport) -> None:
    adapter = VaultAdapter(transport, Deadline.within(vault.clock, 60), "hidden")
    assert adapter.get("/v1/sys/x").ok
    assert vault.headers[-1]["X-Vault-Token"] == "hidden"
    assert vault.headers[-1]["X-Vault-Request"] == "true"
    adapter.with_token("other").post("sys/x", json={"b": 1}, wrap_ttl="60s")
    assert vault.headers[-1]["X-Vault-Token"] == "other"
    assert vault.headers[-1]["X-Vault-Wrap-TTL"] == "60s"
    assert vault.bodies[-1] == {"b": 1}
    assert adapter.token == "hidden"
    vault.answers["sys/x"] = (200, {"auth": {"client_token": "t"}})
    assert adapter.get_login_token(adapter.login("sys/x")) == "t"
    vault.mode = Mode.DROPPING
    with pytest.raises(Unavailable, match="it may have been carried out"):
        adapter.post("sys/x")
